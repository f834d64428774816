// Saves files by a download, and text to the clipboard.

const REVOKE_AFTER_MS = 60_000; // a browser may ask first where the file is to be saved

/**
 * Downloads data as a file.
 * @param {string} name
 * @param {BlobPart} data
 * @param {string} mime
 */
export function saveFile(name, data, mime) {
  const url = URL.createObjectURL(new Blob([data], { type: mime }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}

/**
 * Puts a text on the clipboard. Resolves with whether it is there: a page without https or in a frame may not.
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** @param {string} text */
function copyBySelection(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed"; // so that nothing scrolls
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isCopied;
}

/**
 * A name for a file, made of a clip's name.
 * @param {string} clip
 * @param {string} suffix
 */
export function fileName(clip, suffix) {
  const stem = clip.replace(/\.[A-Za-z0-9]{1,5}$/u, "").replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, "_").trim();
  return `${stem || "transcript"}${suffix}`;
}
