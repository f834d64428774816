// Chooses what a word's block shows: the whole text, or a dot, or nothing; never a cut text.

const SIDE = 2; // pixels kept free on either side of a label
const DOT = "·";
const DOT_PIXELS = 5;
const MOST_CACHED = 20_000;
const MOST_FONTS = 4;

/** @typedef {(text: string) => number} Measure pixels of a text at the first of `LABEL_SIZES` */

/** The sizes a label may have, the preferred one first. */
export const LABEL_SIZES = [13, 11.5];

/**
 * The label for a block and its size: as much of the word, as large, as fits.
 * @param {string} text
 * @param {string} punctuation
 * @param {number} room in pixels
 * @param {Measure} measure
 * @returns {{ label: string, size: number }}
 */
export function fitLabel(text, punctuation, room, measure) {
  const inner = room - 2 * SIDE;
  for (const size of LABEL_SIZES) {
    const fits = (/** @type {string} */ label) => (measure(label) * size) / LABEL_SIZES[0] <= inner;
    if (punctuation && fits(text + punctuation)) return { label: text + punctuation, size };
    if (fits(text)) return { label: text, size };
  }
  return { label: room >= DOT_PIXELS ? DOT : "", size: LABEL_SIZES[0] };
}

/** Caches how wide texts are in a few fonts; measuring them for each frame is slow. */
export class Ruler {
  /** @type {Map<string, (text: string) => number>} by font */
  #measures = new Map();

  /**
   * Returns a function that measures texts in a font.
   * @param {{ font: string, measureText: (text: string) => { width: number } }} context
   * @param {string} font
   */
  in(context, font) {
    const known = this.#measures.get(font);
    if (known) return known;
    /** @type {Map<string, number>} */
    const widths = new Map();
    /** @param {string} text */
    const measure = (text) => {
      let width = widths.get(text);
      if (width === undefined) {
        if (widths.size >= MOST_CACHED) widths.clear();
        context.font = font;
        width = context.measureText(text).width;
        widths.set(text, width);
      }
      return width;
    };
    if (this.#measures.size >= MOST_FONTS) this.#measures.clear();
    this.#measures.set(font, measure);
    return measure;
  }
}
