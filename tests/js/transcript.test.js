// The fold of updates: sentences replaced, moved and withdrawn; what a window should follow.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Transcript } from "../../paraformer_nb/widgets/static/timeline/model/transcript.js";
import { makeRun, makeSentence, makeUpdate } from "./fixtures.js";

/** @param {Transcript} transcript */
const texts = (transcript) => transcript.words.rows.map(({ text }) => text).join(" ");

test("a sentence is replaced whole by its id", () => {
  const transcript = new Transcript();
  transcript.apply(makeUpdate(1, { sentences: [makeSentence(1, 0, "one two"), makeSentence(2, 5, "three")] }), [], 0);
  const change = transcript.apply(makeUpdate(2, { sentences: [makeSentence(1, 0, "uno")] }), [], 0);
  assert.equal(texts(transcript), "uno three");
  assert.deepEqual(change.sentences, [1]);
});

test("sentences are in order of their starts, however they arrive or move", () => {
  const transcript = new Transcript();
  transcript.apply(makeUpdate(1, { sentences: [makeSentence(2, 5, "b"), makeSentence(1, 0, "a"), makeSentence(3, 9, "c")] }), [], 0);
  assert.equal(texts(transcript), "a b c");
  transcript.apply(makeUpdate(2, { sentences: [makeSentence(1, 7, "a")] }), [], 0);
  assert.equal(texts(transcript), "b a c");
  assert.equal(transcript.sentences.size, transcript.order.length);
});

test("a removed sentence disappears; an unknown id is ignored", () => {
  const transcript = new Transcript();
  transcript.apply(makeUpdate(1, { sentences: [makeSentence(1, 0, "a"), makeSentence(2, 5, "b")] }), [], 0);
  transcript.apply(makeUpdate(2, { removed: [1, 77] }), [], 0);
  assert.equal(texts(transcript), "b");
});

test("what an update leaves out stays", () => {
  const transcript = new Transcript();
  transcript.apply(makeUpdate(1, { run: makeRun({ sent_until: 3 }), gaps: [{ start: 1, end: 2, reason: "disconnected" }] }), [], 0);
  transcript.apply(makeUpdate(2, {}), [], 0);
  assert.equal(transcript.run?.sent_until, 3);
  assert.equal(transcript.gaps.length, 1);
});

test("peaks are read from the first buffer", () => {
  const transcript = new Transcript();
  transcript.apply(makeUpdate(1, { waveform: { position: 0, step: 0.01, bins: 2 } }), [new DataView(Int8Array.of(-1, 1, -2, 2).buffer)], 0);
  assert.equal(transcript.peaks.bins, 2);
  assert.equal(transcript.audioEnd, 0.02);
});

test("the extent goes to the known end, or to what was received so far", () => {
  const transcript = new Transcript();
  transcript.apply(makeUpdate(1, { run: makeRun({ start: 10, end: 70, sent_until: 12 }) }), [], 0);
  assert.deepEqual(transcript.extent, { start: 10, end: 70 });
  transcript.apply(makeUpdate(2, { run: makeRun({ start: 10, end: null, sent_until: 12 }) }), [], 0);
  assert.deepEqual(transcript.extent, { start: 10, end: 12 });
});

test("in real time the newest is the audio, also in silence and at the end", () => {
  const transcript = new Transcript();
  for (let t = 0; t <= 30; t++) {
    transcript.apply(makeUpdate(t, { run: makeRun({ state: "streaming", sent_until: t }), sentences: t ? [] : [makeSentence(1, 0, "a")] }), [], t);
  }
  assert.equal(transcript.newest(8), 30);
  transcript.apply(makeUpdate(31, { run: makeRun({ state: "finishing", sent_until: 30 }) }), [], 31);
  assert.equal(transcript.newest(8), 30);
});

test("where the whole clip was sent at once the words are followed", () => {
  const transcript = new Transcript();
  transcript.apply(makeUpdate(1, { run: makeRun({ state: "connecting", sent_until: 0 }) }), [], 0);
  transcript.apply(makeUpdate(2, { run: makeRun({ state: "finishing", sent_until: 3600 }), sentences: [makeSentence(1, 100, "a")] }), [], 0.2);
  assert.ok(transcript.newest(8) > 100 && transcript.newest(8) < 106);
  const streaming = new Transcript();
  streaming.apply(makeUpdate(1, { run: makeRun({ state: "streaming", sent_until: 0 }) }), [], 0);
  streaming.apply(makeUpdate(2, { run: makeRun({ state: "streaming", sent_until: 300 }) }), [], 1);
  assert.ok(streaming.newest(8) < 8);
});
