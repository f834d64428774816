// The list of keys and gestures.

import { make, makeButton } from "../dom/elements.js";
import { KEYS, shownKey } from "./keys.js";

const POINTER = [
  ["click", "move the playhead, and choose the word there; playing goes on"], ["Alt-click a word", "play it alone"], ["double-click a word", "correct it"],
  ["drag on the waveform", "select"],
  ["drag on the axis or the strip below", "move the window"], ["Ctrl-wheel, pinch", "zoom"],
  ["drag an edge of the focused word", "move that edge"],
];

export class Help {
  #dialog;
  #onClose;

  /**
   * @param {HTMLElement} parent
   * @param {() => void} onClose
   */
  constructor(parent, onClose) {
    this.#onClose = onClose;
    this.#dialog = make("div", "pnb-help", parent);
    this.#dialog.hidden = true;
    this.#dialog.tabIndex = -1;
    this.#dialog.setAttribute("role", "dialog");
    this.#dialog.setAttribute("aria-label", "Keys and gestures");
    makeButton("Close", "Close (Esc)", this.#dialog, () => this.toggle());
    const rows = KEYS.map(({ keys, text }) => [keys.map(shownKey).join(" or "), text]);
    fill(make("dl", "pnb-keys", this.#dialog), rows);
    fill(make("dl", "pnb-keys", this.#dialog), POINTER);
    this.#dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "?") return;
      event.preventDefault();
      this.toggle();
    });
  }

  toggle() {
    this.#dialog.hidden = !this.#dialog.hidden;
    if (this.#dialog.hidden) this.#onClose();
    else this.#dialog.focus({ preventScroll: true });
  }
}

/**
 * @param {HTMLElement} list
 * @param {string[][]} rows
 */
function fill(list, rows) {
  for (const [key, text] of rows) {
    const row = make("div", "", list);
    make("dt", "", row).textContent = key;
    make("dd", "", row).textContent = text;
  }
}
