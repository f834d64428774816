// The colours and the font of the picture, read from the style sheet: a canvas cannot use its variables.

import { make } from "../text/dom.js";

const COLOURS = /** @type {const} */ (["paper", "ink", "muted", "grid", "edge", "wave", "block", "sure", "doubt", "outline", "bar", "brand", "bad", "playhead"]);

/** How many layers are told apart by colour; the style sheet has as many `--pnb-layer-N`. */
export const LAYER_COLOURS = 6;

/** @typedef {Record<typeof COLOURS[number], string>} Colours */
/** @typedef {{ colours: Colours, layers: string[], family: string }} Theme */

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
    const read = (/** @type {string | number} */ name) => {
      this.#probe.style.outlineColor = `var(--pnb-${name})`;
      return style.outlineColor;
    };
    return {
      colours: /** @type {Colours} */ (Object.fromEntries(COLOURS.map((name) => [name, read(name)]))),
      layers: Array.from({ length: LAYER_COLOURS }, (_, i) => read(`layer-${i}`)),
      family: getComputedStyle(this.#root).fontFamily,
    };
  }
}
