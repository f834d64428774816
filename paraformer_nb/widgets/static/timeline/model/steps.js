// Steps through the spans of a layer.

import { lowerBound } from "./words.js";

/** @import { LayerSpan } from "../messages.js" */

const SHORTEST = 0.1; // seconds that are selected and played of a span without a length
const SAME_POSITION = 0.0005; // seconds; spans and selections travel in milliseconds

/**
 * The start and end of the span before or after a selection, or without one the playhead; after the last one comes the
 * first.
 * @param {LayerSpan[]} spans by start
 * @param {[start: number, end: number] | null} selection
 * @param {number} playhead
 * @param {number} steps -1 or 1
 * @returns {[start: number, end: number] | null}
 */
export function stepSpan(spans, selection, playhead, steps) {
  const { length } = spans;
  if (length === 0) return null;
  const from = selection ? selection[0] + (steps > 0 ? SAME_POSITION : -SAME_POSITION) : playhead;
  const next = lowerBound((n) => spans[n].start, length, from);
  const { start, end } = spans[(steps > 0 ? next : next - 1 + length) % length];
  return [start, Math.max(end, start + SHORTEST)];
}
