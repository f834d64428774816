// The fold of updates: sentences replaced, moved and withdrawn; what a window should follow.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Store, isTerminal } from "../../paraformer_nb/widgets/static/timeline/run/store.js";
import { makeRun, makeSentence, makeUpdate } from "./made.js";

/** @param {Store} store */
const texts = (store) => store.words.rows.map(([text]) => text).join(" ");

test("a sentence is replaced whole by its id", () => {
  const store = new Store();
  store.apply(makeUpdate(1, { sentences: [makeSentence(1, 0, "one two"), makeSentence(2, 5, "three")] }), [], 0);
  const change = store.apply(makeUpdate(2, { sentences: [makeSentence(1, 0, "uno")] }), [], 0);
  assert.equal(texts(store), "uno three");
  assert.deepEqual(change.sentences, [1]);
});

test("sentences stand in order of their starts, however they come or move", () => {
  const store = new Store();
  store.apply(makeUpdate(1, { sentences: [makeSentence(2, 5, "b"), makeSentence(1, 0, "a"), makeSentence(3, 9, "c")] }), [], 0);
  assert.equal(texts(store), "a b c");
  store.apply(makeUpdate(2, { sentences: [makeSentence(1, 7, "a")] }), [], 0);
  assert.equal(texts(store), "b a c");
  assert.equal(store.sentences.size, store.order.length);
});

test("a withdrawn sentence is gone; an unknown one is no matter", () => {
  const store = new Store();
  store.apply(makeUpdate(1, { sentences: [makeSentence(1, 0, "a"), makeSentence(2, 5, "b")] }), [], 0);
  store.apply(makeUpdate(2, { removed: [1, 77] }), [], 0);
  assert.equal(texts(store), "b");
});

test("what a message leaves out stays", () => {
  const store = new Store();
  store.apply(makeUpdate(1, { run: makeRun({ sent: 3 }), gaps: [[1, 2, "lost"]] }), [], 0);
  store.apply(makeUpdate(2, {}), [], 0);
  assert.equal(store.run?.sent, 3);
  assert.equal(store.gaps.length, 1);
});

test("peaks come from the first buffer", () => {
  const store = new Store();
  store.apply(makeUpdate(1, { peaks: { position: 0, step: 0.01, bins: 2 } }), [new DataView(Int8Array.of(-1, 1, -2, 2).buffer)], 0);
  assert.equal(store.peaks.bins, 2);
  assert.equal(store.audioEnd, 0.02);
});

test("the extent is the known end, or what there is so far", () => {
  const store = new Store();
  store.apply(makeUpdate(1, { run: makeRun({ start: 10, duration: 70, sent: 12 }) }), [], 0);
  assert.deepEqual(store.extent, { start: 10, end: 70 });
  store.apply(makeUpdate(2, { run: makeRun({ start: 10, duration: null, sent: 12 }) }), [], 0);
  assert.deepEqual(store.extent, { start: 10, end: 12 });
});

test("in real time the newest is the audio, also while nobody speaks and at the end", () => {
  const store = new Store();
  for (let t = 0; t <= 30; t++) {
    store.apply(makeUpdate(t, { run: makeRun({ state: "streaming", sent: t }), sentences: t ? [] : [makeSentence(1, 0, "a")] }), [], t);
  }
  assert.equal(store.newest(8), 30);
  store.apply(makeUpdate(31, { run: makeRun({ state: "finishing", sent: 30 }) }), [], 31);
  assert.equal(store.newest(8), 30);
});

test("where the whole clip was sent at once the words are followed", () => {
  const store = new Store();
  store.apply(makeUpdate(1, { run: makeRun({ state: "connecting", sent: 0 }) }), [], 0);
  store.apply(makeUpdate(2, { run: makeRun({ state: "finishing", sent: 3600 }), sentences: [makeSentence(1, 100, "a")] }), [], 0.2);
  assert.ok(store.newest(8) > 100 && store.newest(8) < 106);
  const streaming = new Store();
  streaming.apply(makeUpdate(1, { run: makeRun({ state: "streaming", sent: 0 }) }), [], 0);
  streaming.apply(makeUpdate(2, { run: makeRun({ state: "streaming", sent: 300 }) }), [], 1);
  assert.ok(streaming.newest(8) < 8);
});

test("three states are the end", () => {
  assert.ok(isTerminal("finished") && isTerminal("stopped") && isTerminal("failed"));
  assert.ok(!isTerminal("reconnecting") && !isTerminal("finishing"));
});
