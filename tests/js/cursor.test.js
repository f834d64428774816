// Selection and playhead as traits, the focused word as sentences change.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Cursor } from "../../paraformer_nb/widgets/static/timeline/model/cursor.js";
import { findMatches } from "../../paraformer_nb/widgets/static/timeline/model/find.js";
import { Transcript } from "../../paraformer_nb/widgets/static/timeline/model/transcript.js";
import { FakeModel, makeSentence, makeUpdate } from "./fixtures.js";

/** @type {FakeModel} */
let model;
/** @type {Cursor} */
let cursor;
/** @type {number[]} */
let seeks;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1000 });
  model = new FakeModel();
  seeks = [];
  cursor = new Cursor(model.proxy(), () => {}, (time) => seeks.push(time));
});

test("a selection is saved from its start to its end, in milliseconds", () => {
  cursor.select(2.00049, 1);
  assert.deepEqual(model.traits.selection, [1, 2]);
  cursor.deselect();
  assert.deepEqual(model.traits.selection, [0, 0]);
  assert.equal(cursor.selection, null);
  cursor.select(3, 3.001); // a drag back to where it began
  assert.equal(cursor.selection, null);
});

test("a selection that is dragged is saved ten times a second, and at its end", () => {
  let saved = 0;
  model.observers.set("change:selection", new Set([() => saved++]));
  for (let i = 0; i <= 30; i++) {
    cursor.select(1, 1 + i / 10);
    mock.timers.tick(16);
  }
  mock.timers.tick(100);
  assert.deepEqual(model.traits.selection, [1, 4]);
  assert.ok(saved <= 7, `${saved}`);
});

test("a selection that Python sets is shown, also while one is dragged", () => {
  cursor.select(1, 2);
  model.set("selection", [5, 6]);
  assert.deepEqual(cursor.selection, [5, 6]);
  mock.timers.tick(100);
  assert.deepEqual(model.traits.selection, [5, 6]);
});

test("a playhead that plays is saved ten times a second, one that is moved at once", () => {
  for (let i = 1; i <= 20; i++) {
    cursor.movePlayhead(i / 60, true);
    mock.timers.tick(16);
  }
  const moving = Number(model.traits.playhead);
  assert.ok(moving > 0.2 && moving <= 0.334, `${moving}`);
  cursor.movePlayhead(5);
  assert.equal(model.traits.playhead, 5);
  assert.deepEqual(seeks, []); // it does not follow what it wrote itself
});

test("a playhead that Python sets is followed, also while it moves", () => {
  model.set("playhead", 7);
  assert.equal(cursor.playhead, 7);
  cursor.movePlayhead(7.01, true);
  model.set("playhead", 3);
  assert.deepEqual(seeks, [7, 3]);
});

test("the search is repeated where sentences changed", () => {
  const transcript = new Transcript();
  const update = (/** @type {number} */ seq, /** @type {Parameters<typeof makeUpdate>[1]} */ over) =>
    cursor.refind(transcript, transcript.apply(makeUpdate(seq, over), [], 0));
  update(1, { sentences: [makeSentence(1, 0, "the end"), makeSentence(2, 5, "of the lesson")] });
  cursor.found = { text: "the", matches: findMatches(transcript, "the"), current: 1 };
  update(2, { sentences: [makeSentence(1, 0, "and the end"), makeSentence(3, 9, "the last")] });
  assert.deepEqual(cursor.found.matches.map(({ first }) => first), [1, 4, 6]);
  assert.equal(cursor.found.current, 1);
  update(3, { removed: [2] });
  assert.deepEqual([cursor.found.matches.length, cursor.found.current], [2, 1]);
});

test("the focus stays with its word while sentences before it change, and moves to the last word of a shorter one", () => {
  const transcript = new Transcript();
  const update = (/** @type {number} */ seq, /** @type {ReturnType<typeof makeSentence>[]} */ ...sentences) =>
    transcript.apply(makeUpdate(seq, { sentences }), [], 0);
  update(1, makeSentence(1, 0, "one two"), makeSentence(2, 5, "three four five"));
  cursor.focusOn(transcript, 4);
  assert.deepEqual(cursor.focus, { sentence: 2, wordIndex: 2 });
  update(2, makeSentence(1, 0, "one and two"));
  assert.equal(cursor.focusedWord(transcript)?.index, 5);
  update(3, makeSentence(2, 5, "three"));
  assert.equal(cursor.focusedWord(transcript)?.index, 3);
  transcript.apply(makeUpdate(4, { removed: [2] }), [], 0);
  assert.equal(cursor.focusedWord(transcript), null);
});
