// The colours and the font of the picture, read from the style sheet: a canvas cannot use its variables.

import { make } from "../dom/elements.js";

// Each is the variable `--pnb-NAME` of the style sheet.
const COLOURS = /** @type {const} */ ([
  "paper", "ink", "muted", "grid", "edge", "wave", "block", "block-edge", "sure", "doubt", "bar", "brand", "good", "bad", "playhead",
  "partial-text", "partial-outline",
]);

/** How many colours layers have; the style sheet has as many `--pnb-layer-N`. */
export const LAYER_COLOURS = 6;

/** @typedef {Record<typeof COLOURS[number], string>} Colours */
/** @typedef {{ colours: Colours, layers: string[], layerTexts: string[], family: string }} Theme */

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
    // The probe has the theme's colours and a transition of no length, so however a page changes its theme
    // (another style sheet, a class, the system's own setting), these events follow. The first comes with the colours;
    // the last does not where the probe is hidden, or the theme changes again, before the transition has ended.
    for (const name of ["transitionrun", "transitionend"]) this.#probe.addEventListener(name, onChange);
  }

  /** @returns {Theme} */
  read() {
    const style = getComputedStyle(this.#probe);
    const read = (/** @type {string} */ colour) => {
      this.#probe.style.outlineColor = colour;
      return style.outlineColor;
    };
    const layers = Array.from({ length: LAYER_COLOURS }, (_, i) => `var(--pnb-layer-${i})`);
    return {
      colours: /** @type {Colours} */ (Object.fromEntries(COLOURS.map((name) => [name, read(`var(--pnb-${name})`)]))),
      layers: layers.map(read),
      layerTexts: layers.map((layer) => read(`color-mix(in srgb, ${layer} 50%, var(--pnb-ink))`)), // small letters
      family: getComputedStyle(this.#root).fontFamily,
    };
  }
}
