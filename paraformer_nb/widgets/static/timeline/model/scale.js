// Time and pixels: the mapping, the ticks of an axis, and a time written as a clock.

/** @typedef {{ start: number, span: number }} TimeWindow a span of the clip, in seconds */

const TICK_STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200];
const TICK_PIXELS = 72;

/**
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} time
 */
export function timeToX(timeWindow, width, time) {
  return ((time - timeWindow.start) * width) / timeWindow.span;
}

/**
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} x
 */
export function xToTime(timeWindow, width, x) {
  return timeWindow.start + (x * timeWindow.span) / width;
}

/**
 * The ticks of an axis: round times, far enough apart for their labels.
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @returns {{ times: number[], decimals: number }}
 */
export function ticksOf(timeWindow, width) {
  const least = (timeWindow.span * TICK_PIXELS) / width;
  const step = TICK_STEPS.find((candidate) => candidate >= least) ?? Math.ceil(least / 86400) * 86400;
  const times = [];
  const last = Math.floor((timeWindow.start + timeWindow.span) / step + 1e-9);
  for (let k = Math.ceil(timeWindow.start / step - 1e-9); k <= last; k++) times.push(k * step);
  return { times, decimals: step < 0.01 ? 3 : step < 0.1 ? 2 : step < 1 ? 1 : 0 };
}

/**
 * Reads a time as a person writes it: 63, 1:03.5, 1:02:30; null where it is none.
 * @param {string} text
 */
export function parseClock(text) {
  const parts = text.trim().replace(/\s*s$/u, "").replace(",", ".").split(":");
  const isTime = parts.length <= 3 && parts.every((part, i) => (i < parts.length - 1 ? /^\d+$/u : /^\d*\.?\d+$/u).test(part));
  return isTime ? parts.reduce((sum, part) => sum * 60 + Number(part), 0) : null;
}

/**
 * Formats 28.94 as 0:28.9, 3723 as 1:02:03.
 * @param {number} seconds
 * @param {number} decimals
 */
export function clock(seconds, decimals) {
  const unit = 10 ** decimals;
  const rounded = Math.round(Math.max(0, seconds) * unit) / unit; // first, or 59.96 becomes 0:60.0
  const hours = Math.floor(rounded / 3600);
  const minutes = Math.floor((rounded % 3600) / 60);
  const rest = (rounded % 60).toFixed(decimals).padStart(decimals ? 3 + decimals : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
