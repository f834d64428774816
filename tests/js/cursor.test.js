// Where a person is: selection and playhead as traits, the focused word as sentences change.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Cursor } from "../../paraformer_nb/widgets/static/timeline/cursor.js";
import { Store } from "../../paraformer_nb/widgets/static/timeline/store.js";
import { FakeModel, makeSentence, makeUpdate } from "./made.js";

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

test("a selection is told the right way round, in milliseconds", () => {
  cursor.select(2.00049, 1);
  assert.deepEqual(model.traits.selection, [1, 2]);
  cursor.deselect();
  assert.equal(model.traits.selection, null);
});

test("a playhead that moves is told ten times a second, one that is put at once", () => {
  for (let i = 1; i <= 20; i++) {
    cursor.movePlayhead(i / 60, true);
    mock.timers.tick(16);
  }
  const moving = Number(model.traits.playhead);
  assert.ok(moving > 0.2 && moving <= 0.334, `${moving}`);
  cursor.movePlayhead(5);
  assert.equal(model.traits.playhead, 5);
  assert.deepEqual(seeks, []); // its own words do not come back to it
});

test("a playhead that Python sets is followed, also while it moves", () => {
  model.set("playhead", 7);
  assert.equal(cursor.playhead, 7);
  cursor.movePlayhead(7.01, true);
  model.set("playhead", 3);
  assert.deepEqual(seeks, [7, 3]);
});

test("the focus stays with its word while sentences before it change, and moves in where its own got shorter", () => {
  const store = new Store();
  const tell = (/** @type {number} */ seq, /** @type {ReturnType<typeof makeSentence>[]} */ ...sentences) =>
    store.apply(makeUpdate(seq, { sentences }), [], 0);
  tell(1, makeSentence(1, 0, "one two"), makeSentence(2, 5, "three four five"));
  cursor.focusOn(store, 4);
  assert.deepEqual(cursor.focus, { sentence: 2, place: 2 });
  tell(2, makeSentence(1, 0, "one and two"));
  assert.equal(cursor.placeIn(store)?.index, 5);
  tell(3, makeSentence(2, 5, "three"));
  assert.equal(cursor.placeIn(store)?.index, 3);
  store.apply(makeUpdate(4, { removed: [2] }), [], 0);
  assert.equal(cursor.placeIn(store), null);
});
