// The colours and the font of the picture, read from the style sheet: a canvas cannot use its variables.

import { make } from "./dom.js";

const COLOURS = /** @type {const} */ (["paper", "ink", "muted", "grid", "edge", "wave", "block", "sure", "doubt", "outline", "bar", "brand", "bad"]);

/** @typedef {Record<typeof COLOURS[number], string>} Colours */
/** @typedef {{ colours: Colours, family: string }} Theme */

export class ThemeReader {
  #probe;
  #root;

  /**
   * @param {HTMLElement} root
   * @param {() => void} onChange when the page's theme changed
   */
  constructor(root, onChange) {
    this.#root = root;
    this.#probe = make("span", "pnb-probe", root);
    this.#probe.setAttribute("aria-hidden", "true");
    // The probe wears ink on paper with a transition of no length, so whichever way a page changes its
    // theme (another style sheet, a class, the system's own setting) it ends in this event.
    this.#probe.addEventListener("transitionend", onChange);
  }

  /** @returns {Theme} */
  read() {
    const style = getComputedStyle(this.#probe);
    const entries = COLOURS.map((name) => {
      this.#probe.style.outlineColor = `var(--pnb-${name})`;
      return [name, style.outlineColor];
    });
    return { colours: Object.fromEntries(entries), family: getComputedStyle(this.#root).fontFamily };
  }
}
