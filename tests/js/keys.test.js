// The table of keys: each press means one thing, and the help can say it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, keyOf, shownKey } from "../../paraformer_nb/widgets/static/timeline/controls/keys.js";

const PLAIN = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

/**
 * @param {string} key
 * @param {Partial<typeof PLAIN>} over
 */
function says(key, over = {}) {
  return keyOf({ ...PLAIN, key, ...over })?.says;
}

test("no key means two things", () => {
  const all = KEYS.flatMap(({ keys }) => keys);
  assert.equal(new Set(all).size, all.length);
});

test("presses are told apart by what is held", () => {
  assert.equal(says(" "), "play or pause; a selection is played to its end");
  assert.equal(says("ArrowRight"), "next word");
  assert.equal(says("ArrowRight", { shiftKey: true }), "select to the next word");
  assert.equal(says("ArrowRight", { ctrlKey: true }), "next sentence");
  assert.equal(says("ArrowRight", { altKey: true, shiftKey: true }), "the word ends 10 ms later");
  assert.equal(says("z", { metaKey: true }), "undo");
  assert.equal(says("Z", { ctrlKey: true, shiftKey: true }), "redo");
  assert.equal(says("z"), undefined);
});

test("Caps Lock changes nothing", () => {
  assert.equal(says("P"), "play the word alone");
  assert.equal(says("Z", { ctrlKey: true }), "undo");
  assert.equal(says("n", { shiftKey: true }), "previous place found");
});

test("signs are the same with and without Shift, as keyboards differ", () => {
  assert.equal(says("+", { shiftKey: true }), "zoom in");
  assert.equal(says("+"), "zoom in");
  assert.equal(says("."), "faster");
});

test("keys are shown as people read them", () => {
  assert.equal(shownKey("Alt+Shift+ArrowLeft"), "Alt Shift ←");
  assert.equal(shownKey("+"), "+");
  assert.equal(shownKey("p"), "P");
  assert.equal(shownKey("Escape"), "Esc");
});
