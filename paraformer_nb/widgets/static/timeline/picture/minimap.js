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

/**
 * @param {CanvasRenderingContext2D} g
 * @param {{ width: number, height: number }} size
 * @param {Store} store
 * @param {TimeWindow} shown
 * @param {Theme} theme
 * @param {{ playhead: number, selection: Selection | null }} marks
 */
export function drawMinimap(g, { width, height }, store, shown, theme, marks) {
  const whole = wholeOf(store, shown);
  const { colours } = theme;
  const row = { top: height - 5, height: SPEECH_ROW };
  drawWave(g, store.peaks, whole, width, { middle: height / 2 - 2, reach: height / 2 - 5 }, colours.wave);
  drawSentences(g, store.order, whole, width, row, colours.sure);
  for (const gap of store.gaps) drawGap(g, gap, whole, width, height, theme);
  const left = timeToX(whole, width, shown.start);
  const size = Math.max(LEAST_FRAME, timeToX(whole, width, shown.start + shown.span) - left);
  const x = Math.max(0.75, Math.min(left, width - size) + 0.75);
  const frame = Math.min(size, width) - 1.5;
  g.fillStyle = colours.brand;
  g.globalAlpha = 0.11;
  g.fillRect(x, 0.75, frame, height - 1.5);
  g.globalAlpha = 1;
  g.strokeStyle = colours.brand;
  g.lineWidth = 1.5;
  g.strokeRect(x, 0.75, frame, height - 1.5);
  drawSelection(g, marks.selection, whole, width, height, theme);
  drawPlayhead(g, marks.playhead, whole, width, height, theme, 0);
}
