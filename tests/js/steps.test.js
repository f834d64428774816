// Stepping through the spans of a layer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { stepSpan } from "../../paraformer_nb/widgets/static/timeline/model/steps.js";

const SPANS = [0, 1, 2.5].map((start) => ({ start, end: start + 0.5, label: "" }));

test("without a selection the step begins at the playhead", () => {
  assert.equal(stepSpan(SPANS, null, 0, 1), SPANS[0]);
  assert.equal(stepSpan(SPANS, null, 0.2, 1), SPANS[1]);
  assert.equal(stepSpan(SPANS, null, 2, -1), SPANS[1]);
});

test("from the selected span it goes to the one beside it, and round the ends", () => {
  assert.equal(stepSpan(SPANS, [0, 0.5], 0, 1), SPANS[1]);
  assert.equal(stepSpan(SPANS, [1, 1.5], 0, 1), SPANS[2]);
  assert.equal(stepSpan(SPANS, [2.5, 3], 0, 1), SPANS[0]);
  assert.equal(stepSpan(SPANS, [0, 0.5], 0, -1), SPANS[2]);
  assert.equal(stepSpan(SPANS, [1, 1.5], 0, -1), SPANS[0]);
});

test("a layer without spans has no steps", () => {
  assert.equal(stepSpan([], null, 0, 1), null);
});
