// The whole clip in a strip, with the window on view marked on it.

import { drawPlayhead, drawSelection } from "./draw_marks.js";
import { drawGap, drawWave } from "./draw_wave.js";
import { drawSentences } from "./draw_words.js";
import { timeToX } from "../run/scale.js";

/** @import { Selection } from "../run/cursor.js" */
/** @import { TimeWindow } from "../run/scale.js" */
/** @import { Store } from "../run/store.js" */
/** @import { Theme } from "./theme.js" */

const LEAST_FRAME = 6; // pixels, so that there is something to take hold of
const SPEECH_ROW = 2;
const LAG_MS = 300; // by which the strip may lag behind what comes live

/**
 * The strip's own window: all there is.
 * @param {Store} store
 * @param {TimeWindow} shown
 * @returns {TimeWindow}
 */
export function wholeOf(store, shown) {
  const { start, end } = store.extent;
  return { start, span: Math.max(end - start, shown.start + shown.span - start) };
}

export class Minimap {
  /** The waveform, sentences and gaps, which cost most and change least. */
  #backdrop = document.createElement("canvas");
  /** What it shows. @type {{ store: Store | null, version: number, span: number, width: number, theme: Theme | null, at: number }} */
  #drawn = { store: null, version: -1, span: 0, width: 0, theme: null, at: 0 };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #onStale;

  /** @param {() => void} onStale when it should be drawn again */
  constructor(onStale) {
    this.#onStale = onStale;
  }

  dispose() {
    clearTimeout(this.#timer);
  }

  /**
   * @param {CanvasRenderingContext2D} g
   * @param {{ width: number, height: number }} size
   * @param {Store} store
   * @param {TimeWindow} shown
   * @param {Theme} theme
   * @param {{ playhead: number, selection: Selection | null }} marks
   */
  draw(g, size, store, shown, theme, marks) {
    const { width, height } = size;
    const whole = wholeOf(store, shown);
    this.#refresh(g, size, store, whole, theme);
    g.drawImage(this.#backdrop, 0, 0, width, height);
    const { colours } = theme;
    const left = timeToX(whole, width, shown.start);
    const frame = Math.max(LEAST_FRAME, timeToX(whole, width, shown.start + shown.span) - left);
    const x = Math.max(0.75, Math.min(left, width - frame) + 0.75);
    g.fillStyle = colours.brand;
    g.globalAlpha = 0.11;
    g.fillRect(x, 0.75, Math.min(frame, width) - 1.5, height - 1.5);
    g.globalAlpha = 1;
    g.strokeStyle = colours.brand;
    g.lineWidth = 1.5;
    g.strokeRect(x, 0.75, Math.min(frame, width) - 1.5, height - 1.5);
    drawSelection(g, marks.selection, whole, width, height, theme);
    drawPlayhead(g, marks.playhead, whole, width, height, theme, 0);
  }

  /**
   * Draws the backdrop anew where it shows something else; where it only lacks what came just now, a little later.
   * @param {CanvasRenderingContext2D} g
   * @param {{ width: number, height: number }} size
   * @param {Store} store
   * @param {TimeWindow} whole
   * @param {Theme} theme
   */
  #refresh(g, { width, height }, store, whole, theme) {
    const drawn = this.#drawn;
    const isOther = drawn.store !== store || drawn.width !== g.canvas.width || drawn.theme !== theme;
    if (!isOther && drawn.version === store.version && drawn.span === whole.span) return;
    const wait = drawn.at + LAG_MS - Date.now();
    if (!isOther && wait > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#onStale();
      }, wait);
      return;
    }
    this.#drawn = { store, version: store.version, span: whole.span, width: g.canvas.width, theme, at: Date.now() };
    this.#backdrop.width = g.canvas.width;
    this.#backdrop.height = g.canvas.height;
    const b = this.#backdrop.getContext("2d");
    if (!b) return;
    b.scale(g.canvas.width / width, g.canvas.height / height);
    const row = { top: height - 5, height: SPEECH_ROW };
    drawWave(b, store.peaks, whole, width, { middle: height / 2 - 2, reach: height / 2 - 5 }, theme.colours.wave);
    drawSentences(b, store.order, whole, width, row, theme.colours.sure);
    for (const gap of store.gaps) drawGap(b, gap, whole, width, height, theme);
  }
}
