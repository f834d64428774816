// The frame of the current word.

import assert from "node:assert/strict";
import { test } from "node:test";

import { drawWordMarks } from "../../paraformer_nb/widgets/static/timeline/canvas/draw_marks.js";

/**
 * The left and right edge of the frame, where a second is 100 pixels and the word lasts from 1 to 1.1 s.
 * @param {{ index: number, left: number, width: number }[]} labels
 * @param {{ start: number, end: number } | null} draft
 */
function frame(labels, draft = null) {
  /** @type {number[][]} */
  const frames = [];
  const roundRect = (/** @type {number} */ left, /** @type {number} */ _, /** @type {number} */ width) => frames.push([left, left + width]);
  /** @type {any} */
  const g = { roundRect, beginPath: () => {}, stroke: () => {} };
  /** @type {any} */
  const words = { starts: [1], ends: [1.1] };
  /** @type {any} */
  const marks = { found: [], spoken: -1, focus: 0, draft };
  /** @type {any} */
  const drawn = { level: "rows", labels };
  /** @type {any} */
  const rest = { colours: {} };
  drawWordMarks(g, words, marks, { start: 0, span: 10 }, 1000, { top: 0, height: 48 }, drawn, rest, rest);
  assert.equal(frames.length, 1);
  return frames[0];
}

test("the frame of the current word holds its text, which may be wider than its block", () => {
  const [left, right] = frame([{ index: 0, left: 90, width: 40 }]);
  assert.ok(left <= 90 - 2 && right >= 130 + 2, `${left} ${right}`);
  assert.deepEqual(frame([{ index: 1, left: 90, width: 40 }]), frame([]), "another word's text does not matter");
});

test("while an edge is dragged the frame is where the edge is", () => {
  const [left, right] = frame([{ index: 0, left: 90, width: 40 }], { start: 1, end: 1.2 });
  assert.ok(Math.abs(left - 100) <= 2 && Math.abs(right - 120) <= 2, `${left} ${right}`);
});
