// The whole clip in a strip, with the window on view marked in it.

import { drawPlayhead, drawSelection } from "./draw_marks.js";
import { drawGap, drawWave } from "./draw_waveform.js";
import { drawSentences } from "./draw_words.js";
import { timeToX } from "../model/scale.js";

/** @import { Selection } from "../model/cursor.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Transcript } from "../model/transcript.js" */
/** @import { Theme } from "./theme.js" */

const LEAST_FRAME = 6; // pixels, so that it can be dragged
const SPEECH_ROW = 2;
const LAG_MS = 300; // by which the strip may be behind a live run

/**
 * The strip's own window: the whole clip.
 * @param {Transcript} transcript
 * @param {TimeWindow} shown
 * @returns {TimeWindow}
 */
export function wholeOf(transcript, shown) {
  const { start, end } = transcript.extent;
  return { start, span: Math.max(end - start, shown.start + shown.span - start) };
}

export class Minimap {
  /** Waveform, sentences and gaps: what costs most and changes least. */
  #backdrop = document.createElement("canvas");
  /** What it shows. @type {{ transcript: Transcript | null, version: number, span: number, width: number, theme: Theme | null, time: number }} */
  #drawn = { transcript: null, version: -1, span: 0, width: 0, theme: null, time: 0 };
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
   * @param {Transcript} transcript
   * @param {TimeWindow} shown
   * @param {Theme} theme
   * @param {{ playhead: number, selection: Selection | null }} marks
   */
  draw(g, size, transcript, shown, theme, marks) {
    const { width, height } = size;
    const whole = wholeOf(transcript, shown);
    this.#refresh(g, size, transcript, whole, theme);
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
   * Draws the backdrop again where it shows something else; where only the newest data is missing, a little later.
   * @param {CanvasRenderingContext2D} g
   * @param {{ width: number, height: number }} size
   * @param {Transcript} transcript
   * @param {TimeWindow} whole
   * @param {Theme} theme
   */
  #refresh(g, { width, height }, transcript, whole, theme) {
    const drawn = this.#drawn;
    const isOther = drawn.transcript !== transcript || drawn.width !== g.canvas.width || drawn.theme !== theme;
    if (!isOther && drawn.version === transcript.version && drawn.span === whole.span) return;
    const wait = drawn.time + LAG_MS - Date.now();
    if (!isOther && wait > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#onStale();
      }, wait);
      return;
    }
    this.#drawn = { transcript, version: transcript.version, span: whole.span, width: g.canvas.width, theme, time: Date.now() };
    this.#backdrop.width = g.canvas.width;
    this.#backdrop.height = g.canvas.height;
    const b = this.#backdrop.getContext("2d");
    if (!b) return;
    b.scale(g.canvas.width / width, g.canvas.height / height);
    const row = { top: height - 5, height: SPEECH_ROW };
    drawWave(b, transcript.peaks, whole, width, { middle: height / 2 - 2, halfHeight: height / 2 - 5 }, theme.colours.wave);
    drawSentences(b, transcript.order, whole, width, row, theme.colours.sure);
    for (const gap of transcript.gaps) drawGap(b, gap, whole, width, height, theme);
  }
}
