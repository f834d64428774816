// A long clip is fetched in windows of equal length: which of them are wanted around a time, and which
// spans are to be dropped. Pure arithmetic.

/** @typedef {{ start: number, end: number }} TimeSpan seconds */

/** Seconds of sound that are fetched ahead of the playhead, and kept behind it. */
export const FETCHED_AHEAD = 30;
export const KEPT_BEHIND = 30;
/** Seconds after which the output of a freshly started decoder is right: they are fetched before a time as well. */
const DECODER_WARM_UP = 0.08;
/** By how much the ends of spans may be off: less than a packet of sound. */
const SLACK = 0.015;

/**
 * The windows to have when playing from a time, the most urgent one first.
 * @param {number} time
 * @param {number} seconds the length of a window
 * @param {number} count how many windows the clip has; Infinity where that is not known
 * @returns {number[]}
 */
export function wantedWindows(time, seconds, count) {
  const first = Math.max(0, Math.floor((time - DECODER_WARM_UP) / seconds));
  const last = Math.min(count - 1, Math.floor((time + FETCHED_AHEAD) / seconds));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/**
 * The parts of what is buffered that lie too far from a time to be kept. Whole windows are kept.
 * @param {TimeSpan[]} buffered
 * @param {number} time
 * @param {number} seconds the length of a window
 * @param {number} [behind]
 * @param {number} [ahead]
 * @returns {TimeSpan[]}
 */
export function staleSpans(buffered, time, seconds, behind = KEPT_BEHIND, ahead = FETCHED_AHEAD) {
  const first = Math.max(0, Math.floor((time - behind) / seconds)) * seconds;
  const last = (Math.floor((time + ahead) / seconds) + 1) * seconds;
  const stale = [];
  for (const { start, end } of buffered) {
    if (start < first - SLACK) stale.push({ start, end: Math.min(end, first) });
    if (end > last + SLACK) stale.push({ start: Math.max(start, last), end });
  }
  return stale;
}

/**
 * The end of the buffered span that contains a time; null where nothing is buffered.
 * @param {TimeSpan[]} buffered
 * @param {number} time
 */
export function bufferedUntil(buffered, time) {
  const found = buffered.find(({ start, end }) => start <= time + SLACK && time < end);
  return found ? found.end : null;
}

/**
 * Whether a window is buffered, up to where it ended when it arrived: the clip's last one is short.
 * @param {TimeSpan[]} buffered
 * @param {number} index
 * @param {number} seconds the length of a window
 * @param {number} bufferedEnd
 */
export function isBuffered(buffered, index, seconds, bufferedEnd) {
  const until = bufferedUntil(buffered, index * seconds);
  return until !== null && until >= bufferedEnd - SLACK;
}
