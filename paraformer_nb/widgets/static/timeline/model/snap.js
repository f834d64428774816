// Where an edge that is dragged comes to rest: at the nearest edge of a word, or of silence. Pure arithmetic.

/** @import { Transcript } from "./transcript.js" */

const QUIET = 0.06; // of the loudest part of the clip; below it is silence

/**
 * A time, moved to an edge of a word, or of silence, that is near it; words go first.
 * @param {Transcript} transcript
 * @param {number} time
 * @param {number} near seconds
 */
export function snapped({ words, peaks }, time, near) {
  const [first, after] = words.between(time - near, time + near);
  let [best, least] = [time, Infinity];
  const offer = (/** @type {number} */ candidate) => {
    const distance = Math.abs(candidate - time);
    if (distance <= near && distance < least) [best, least] = [candidate, distance];
  };
  for (let i = first; i < after; i++) {
    offer(words.starts[i]);
    offer(words.ends[i]);
  }
  if (least < Infinity || peaks.bins === 0) return best;
  const isQuiet = (/** @type {number} */ bin) => {
    peaks.read(bin * peaks.step, (bin + 1) * peaks.step);
    return Math.max(peaks.high, -peaks.low) < QUIET * peaks.loudest;
  };
  const from = Math.max(1, Math.ceil((time - near) / peaks.step));
  for (let bin = from; bin * peaks.step <= time + near && bin < peaks.bins; bin++) {
    if (isQuiet(bin - 1) !== isQuiet(bin)) offer(bin * peaks.step);
  }
  return best;
}
