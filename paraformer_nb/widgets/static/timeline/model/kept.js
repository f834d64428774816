// What a person chose, kept in the browser for later views. Where it has no storage, as in a sandboxed frame, a choice
// lasts as long as the page.

const PREFIX = "paraformer-nb-";

/**
 * What was kept under a name; an empty text where nothing was.
 * @param {string} name
 */
export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return ""; // there is no storage
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // there is no storage, or it is full
  }
}
