// The waveform, on the timeline and on the minimap, and the hatching of a gap.

import { timeToX } from "../model/scale.js";

/** @import { Peaks } from "../model/peaks.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Samples } from "../sound/wav.js" */
/** @import { GapSpan } from "../messages.js" */
/** @import { Theme } from "./theme.js" */
/** @typedef {{ middle: number, halfHeight: number }} WaveBand the waveform's middle line and greatest height above it, in pixels */

const PITCH = 3; // pixels from bar to bar
const BAR = 2;
const MOST_GAIN = 6; // a quiet clip is drawn larger, but hiss not as large as speech
const HATCH = 7;
const LINE = 1.5;
const DOTS_FROM = 8; // pixels from sample to sample

/**
 * Draws bars at fixed times, not at fixed pixels: else they would shimmer while the window moves. Each is filled by
 * itself: one path of all costs a browser that draws without a GPU five times as much.
 * @param {CanvasRenderingContext2D} g
 * @param {Peaks} peaks
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {WaveBand} band
 * @param {string} colour
 * @param {number} amplitude a factor that a person chose; what is too high then is cut
 * @param {Samples | null} samples drawn in place of the bars where there are some
 */
export function drawWave(g, peaks, timeWindow, width, band, colour, amplitude = 1, samples = null) {
  if (peaks.bins === 0) return;
  const perPixel = timeWindow.span / width;
  const pitch = Math.max(PITCH * perPixel, peaks.step);
  const bar = Math.max(BAR, (pitch / perPixel) * 0.66);
  const gain = (amplitude * Math.min(MOST_GAIN, 120 / Math.max(1, peaks.loudest)) * band.halfHeight) / 128;
  const until = samples ? samples.start + samples.values.length / samples.rate : 0;
  const last = Math.min(timeWindow.start + timeWindow.span, peaks.end);
  g.fillStyle = colour;
  for (let k = Math.floor(Math.max(timeWindow.start, peaks.start) / pitch); k * pitch < last; k++) {
    if (samples && (k + 0.5) * pitch > samples.start && (k + 0.5) * pitch < until) continue;
    peaks.read(k * pitch, (k + 1) * pitch);
    const top = Math.max(-band.halfHeight, Math.min(-0.5, -peaks.high * gain));
    const bottom = Math.min(band.halfHeight, Math.max(0.5, -peaks.low * gain));
    g.fillRect(Math.round(timeToX(timeWindow, width, k * pitch)), band.middle + top, bar, bottom - top);
  }
  if (samples) drawSamples(g, samples, timeWindow, width, band, colour, 128 * gain);
}

/**
 * Draws samples: as a line where they are apart, with a dot each where they are far apart, else from the least to the
 * greatest of each pixel.
 * @param {CanvasRenderingContext2D} g
 * @param {Samples} samples
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {WaveBand} band
 * @param {string} colour
 * @param {number} gain pixels of a sample of 1
 */
function drawSamples(g, { start, rate, values }, timeWindow, width, band, colour, gain) {
  const apart = width / (timeWindow.span * rate);
  const first = Math.max(0, Math.floor((timeWindow.start - start) * rate) - 1);
  const last = Math.min(values.length, Math.ceil((timeWindow.start + timeWindow.span - start) * rate) + 2);
  const xOf = (/** @type {number} */ i) => timeToX(timeWindow, width, start + i / rate);
  const yOf = (/** @type {number} */ value) => band.middle - Math.max(-band.halfHeight, Math.min(band.halfHeight, value * gain));
  g.fillStyle = colour;
  g.strokeStyle = colour;
  g.lineWidth = LINE;
  g.lineJoin = "round";
  g.beginPath();
  if (apart >= 1) for (let i = first; i < last; i++) g.lineTo(xOf(i), yOf(values[i]));
  else {
    const step = 1 / apart; // samples of a pixel
    for (let a = first; a < last; a += step) {
      let [low, high] = [Infinity, -Infinity];
      for (let i = Math.floor(a); i <= Math.min(last - 1, a + step); i++) [low, high] = [Math.min(low, values[i]), Math.max(high, values[i])];
      g.lineTo(xOf(a), yOf(high));
      g.lineTo(xOf(a), yOf(low));
    }
  }
  g.stroke();
  if (apart < DOTS_FROM) return;
  for (let i = first; i < last; i++) g.fillRect(xOf(i) - 2, yOf(values[i]) - 2, 4, 4);
}

/**
 * Hatches a gap.
 * @param {CanvasRenderingContext2D} g
 * @param {GapSpan} gap
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @returns {{ x: number, room: number }} its visible part; no room where it is off view
 */
export function drawGap(g, gap, timeWindow, width, height, theme) {
  const x = Math.max(0, timeToX(timeWindow, width, gap.start));
  const room = Math.min(width, timeToX(timeWindow, width, gap.end)) - x;
  if (room <= 0) return { x, room: 0 };
  g.save();
  g.beginPath();
  g.rect(x, 0, Math.max(1, room), height);
  g.clip();
  g.beginPath();
  for (let line = x - height - (x % HATCH); line < x + room; line += HATCH) {
    g.moveTo(line, height);
    g.lineTo(line + height, 0);
  }
  g.globalAlpha = 0.45;
  g.strokeStyle = theme.colours.bad;
  g.lineWidth = 1;
  g.stroke();
  g.restore();
  return { x, room };
}
