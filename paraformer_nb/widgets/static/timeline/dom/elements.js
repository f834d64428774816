// Makes elements. Text is set as textContent only: a transcript is untrusted.

/**
 * Makes an element with a class, and appends it to a parent.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {HTMLElement} parent
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}

/**
 * Makes a push button. It may show a mere sign, so its name is a text of its own.
 * @param {string} shown
 * @param {string} name
 * @param {HTMLElement} parent
 * @param {() => void} press
 */
export function makeButton(shown, name, parent, press) {
  const button = make("button", "pnb-button", parent);
  button.type = "button";
  button.textContent = shown;
  button.title = name;
  button.setAttribute("aria-label", name);
  button.addEventListener("click", press);
  return button;
}

/**
 * Sets text only where it differs, so that an unchanged part costs no layout.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets an attribute only where it differs.
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Hides or shows an element only where it differs: a browser computes the style again of what is hidden once more.
 * @param {HTMLElement} element
 * @param {boolean} isHidden
 */
export function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}
