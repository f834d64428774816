// Which presses are commands of the view, which belong to the element that has the focus, which the notebook gets; that a
// press of the pointer gives the keys to the words; and that a message lasts until the next press.

import { isForNotebook, keyOf } from "./keys.js";

/** @import { Commands } from "./commands.js" */

const PRESSES = ["Enter", " "]; // of a button
const SCROLLS = ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]; // of an element that scrolls
const NOT_OF_A_LIST = ["Delete", "Backspace", "Escape"]; // all others open a drop-down list, or choose in it
const SEPARATOR = ["ArrowUp", "ArrowDown", "Home", "End"];
const DELETES = ["Delete", "Backspace"];
const MODIFIERS = ["Alt", "Control", "Meta", "Shift"];

/**
 * Runs commands by keys, wherever in the view the focus is.
 * @param {HTMLElement} root
 * @param {HTMLElement} text the running text
 * @param {Commands} commands
 */
export function listenToKeys(root, text, commands) {
  root.addEventListener("keydown", (event) => {
    if (isForNotebook(event)) return;
    event.stopPropagation(); // else JupyterLab acts on it: "d d" deletes the cell, Ctrl-Backspace merges it with the one above
    if (event.defaultPrevented || event.isComposing || isUsed(event, text)) return;
    const key = keyOf(event);
    if (!key) return;
    event.preventDefault();
    key.run(commands);
  });
}

/**
 * Gives the keys to the words at a press of the pointer, on whatever it is: a button that had the focus would be
 * pressed again by Space. Fields and lists keep it.
 * @param {HTMLElement} root
 * @param {HTMLElement} text the running text; it has the focus only for the keyboard, and while text in it is selected
 * @param {() => void} focusWords
 */
export function listenToPresses(root, text, focusWords) {
  // A focus that a script moves shows its frame, even after a press of the pointer: only a key is to show it.
  const showFrame = (/** @type {boolean} */ isShown) => root.classList.toggle("pnb-pressed", !isShown);
  root.addEventListener("mousedown", () => showFrame(false), true);
  root.addEventListener("keydown", () => showFrame(true), true);
  root.addEventListener("mousedown", (event) => {
    if (!(event.target instanceof Element && event.target.closest("button, canvas"))) return;
    event.preventDefault(); // its default moves the focus
    focusWords();
  });
  root.addEventListener("click", () => {
    const { activeElement } = document;
    const hasFocus = root.contains(activeElement) && activeElement !== text;
    if (!hasFocus && document.getSelection()?.type !== "Range") focusWords();
  });
}

/**
 * Calls back before each press of a key or of the pointer: what the last one led to is no news any more.
 * @param {HTMLElement} root
 * @param {() => void} onPress
 */
export function listenToNextPress(root, onPress) {
  root.addEventListener("mousedown", onPress, true);
  root.addEventListener("keydown", ({ key }) => MODIFIERS.includes(key) || onPress(), true);
}

/**
 * Whether the focused element itself uses a press.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} text
 */
function isUsed({ target, key, ctrlKey, metaKey, altKey }, text) {
  const isChord = ctrlKey || metaKey || altKey;
  if (target instanceof HTMLInputElement) return true;
  if (!(target instanceof HTMLElement) || isChord) return false;
  if (target instanceof HTMLButtonElement) return PRESSES.includes(key);
  if (target instanceof HTMLSelectElement) return !NOT_OF_A_LIST.includes(key);
  if (target.matches("[role=separator]")) return SEPARATOR.includes(key);
  if (target.closest("[role=dialog]")) return true;
  // Selected text is there to be copied: to delete another word, the focused one, would surprise.
  if (target === text && DELETES.includes(key) && document.getSelection()?.type === "Range") return true;
  const isScroller = target === text || target.classList.contains("pnb-message");
  return isScroller && target.scrollHeight > target.clientHeight && SCROLLS.includes(key);
}
