// Edges that are dragged come to rest at words, else at silence.

import assert from "node:assert/strict";
import { test } from "node:test";

import { gripAt } from "../../paraformer_nb/widgets/static/timeline/model/hits.js";
import { snapped } from "../../paraformer_nb/widgets/static/timeline/model/snap.js";
import { Transcript } from "../../paraformer_nb/widgets/static/timeline/model/transcript.js";
import { makeSentence, makeUpdate } from "./fixtures.js";

/** One word at 1 to 1.4 s, sound at 2 to 3 s. */
function makeTranscript() {
  const transcript = new Transcript();
  const data = new Int8Array(800);
  for (let bin = 200; bin < 300; bin++) data.set([-90, 90], 2 * bin);
  const waveform = { position: 0, step: 0.01, bins: 400 };
  const update = makeUpdate(1, { reset: true, sentences: [makeSentence(1, 1, "word")], waveform });
  transcript.apply(update, [new DataView(data.buffer)], 0);
  return transcript;
}

test("an edge near a word's is moved to it, one near silence to that, any other stays", () => {
  const transcript = makeTranscript();
  const near = (/** @type {number} */ time) => Number(snapped(transcript, time, 0.05).toFixed(3));
  assert.equal(near(1.03), 1);
  assert.equal(near(1.37), 1.4);
  assert.equal(near(1.96), 2);
  assert.equal(near(3.04), 3);
  assert.equal(near(1.7), 1.7);
  assert.equal(near(2.5), 2.5);
});

test("a selection is held by an edge or by its body", () => {
  const grip = (/** @type {number} */ x) => gripAt([2, 4], { start: 0, span: 10 }, 1000, x);
  assert.deepEqual([197, 204, 300, 398, 420].map(grip), ["start", "start", "body", "end", null]);
  assert.equal(gripAt(null, { start: 0, span: 10 }, 1000, 300), null);
});
