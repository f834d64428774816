// Stepping through the spans of a layer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { stepSpan } from "../../paraformer_nb/widgets/static/timeline/model/steps.js";

const SPANS = [0, 1, 2.5].map((start) => ({ start, end: start + 0.5, label: "" }));
const [FIRST, SECOND, THIRD] = [[0, 0.5], [1, 1.5], [2.5, 3]];

test("without a selection the step begins at the playhead", () => {
  assert.deepEqual(stepSpan(SPANS, null, 0, 1), FIRST);
  assert.deepEqual(stepSpan(SPANS, null, 0.2, 1), SECOND);
  assert.deepEqual(stepSpan(SPANS, null, 2, -1), SECOND);
});

test("from the selected span it goes to the one beside it, and round the ends", () => {
  assert.deepEqual(stepSpan(SPANS, [0, 0.5], 0, 1), SECOND);
  assert.deepEqual(stepSpan(SPANS, [1, 1.5], 0, 1), THIRD);
  assert.deepEqual(stepSpan(SPANS, [2.5, 3], 0, 1), FIRST);
  assert.deepEqual(stepSpan(SPANS, [0, 0.5], 0, -1), THIRD);
  assert.deepEqual(stepSpan(SPANS, [1, 1.5], 0, -1), FIRST);
});

test("a layer without spans has no steps", () => {
  assert.equal(stepSpan([], null, 0, 1), null);
});

test("of a span without a length so much is selected that it can be played", () => {
  assert.deepEqual(stepSpan([{ start: 1, end: 1, label: "" }], null, 0, 1), [1, 1.1]);
});
