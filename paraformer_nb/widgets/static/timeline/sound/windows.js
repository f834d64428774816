// A long clip comes in windows of equal length: which of them are wanted around a time, and which
// stretches are to be dropped. Knows no browser.

/** @typedef {{ start: number, end: number }} Stretch seconds */

/** Seconds of sound that are fetched ahead of the playhead, and kept behind it. */
export const FETCHED_AHEAD = 30;
export const KEPT_BEHIND = 30;
/** A decoder that begins cold is right after so many seconds: they are fetched before a place, too. */
const COLD = 0.08;
/** Less than a packet of sound: what the ends of stretches may be off by. */
const SLACK = 0.015;

/**
 * The windows to have when playing from a time, the most urgent one first.
 * @param {number} time
 * @param {number} seconds the length of a window
 * @param {number} count how many windows the clip has; Infinity where that is not known
 * @returns {number[]}
 */
export function wantedWindows(time, seconds, count) {
  const first = Math.max(0, Math.floor((time - COLD) / seconds));
  const last = Math.min(count - 1, Math.floor((time + FETCHED_AHEAD) / seconds));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/**
 * The parts of what is buffered that lie too far from a time to be kept. Whole windows are kept.
 * @param {Stretch[]} buffered
 * @param {number} time
 * @param {number} seconds the length of a window
 * @param {number} [behind]
 * @param {number} [ahead]
 * @returns {Stretch[]}
 */
export function staleStretches(buffered, time, seconds, behind = KEPT_BEHIND, ahead = FETCHED_AHEAD) {
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
 * The end of the buffered stretch that a time lies in; null where nothing is buffered.
 * @param {Stretch[]} buffered
 * @param {number} time
 */
export function bufferedUntil(buffered, time) {
  const found = buffered.find(({ start, end }) => start <= time + SLACK && time < end);
  return found ? found.end : null;
}

/**
 * Whether a window is buffered, up to where it reached when it came: the clip's last one is short.
 * @param {Stretch[]} buffered
 * @param {number} index
 * @param {number} seconds the length of a window
 * @param {number} reach
 */
export function isBuffered(buffered, index, seconds, reach) {
  const until = bufferedUntil(buffered, index * seconds);
  return until !== null && until >= reach - SLACK;
}
