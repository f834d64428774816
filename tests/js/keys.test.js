// The table of keys: each press means one thing, and the help can list it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, isForNotebook, keyOf, shownKey, withKeys } from "../../paraformer_nb/widgets/static/timeline/controls/keys.js";
import { translate } from "../../paraformer_nb/widgets/static/timeline/model/language.js";

const PLAIN = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

/**
 * @param {string} key
 * @param {Partial<typeof PLAIN>} over
 */
function textOf(key, over = {}) {
  const entry = keyOf({ ...PLAIN, key, ...over });
  return entry && translate(entry.text, entry.amount ?? "");
}

test("every key means one thing", () => {
  const all = KEYS.flatMap(({ keys }) => keys);
  assert.equal(new Set(all).size, all.length);
});

test("modifiers distinguish presses", () => {
  assert.equal(textOf(" "), "play or pause; a selection is played to its end");
  assert.equal(textOf("ArrowRight"), "next word");
  assert.equal(textOf("ArrowRight", { shiftKey: true }), "select to the next word");
  assert.equal(textOf("ArrowRight", { ctrlKey: true }), "next sentence");
  assert.equal(textOf("ArrowRight", { altKey: true, shiftKey: true }), "the word ends 10 ms later");
  assert.equal(textOf("z", { metaKey: true }), "undo");
  assert.equal(textOf("Z", { ctrlKey: true, shiftKey: true }), "redo");
  assert.equal(textOf("z"), undefined);
  assert.deepEqual(["j", "k", "l"].map((key) => textOf(key)), ["5 s back", textOf(" "), "5 s on"]);
});

test("Caps Lock changes nothing", () => {
  assert.equal(textOf("P"), "play the word alone");
  assert.equal(textOf("Z", { ctrlKey: true }), "undo");
  assert.equal(textOf("n", { shiftKey: true }), "previous occurrence, or span of that layer");
});

test("signs are the same with and without Shift, as keyboards differ", () => {
  assert.equal(textOf("+", { shiftKey: true }), "zoom in");
  assert.equal(textOf("+"), "zoom in");
  assert.equal(textOf("."), "faster");
  assert.equal(textOf("/"), "find");
  assert.equal(textOf("?", { shiftKey: true }), "this list");
  assert.equal(textOf("?", { altKey: true }), undefined);
});

test("keys are shown as people read them", () => {
  assert.equal(shownKey("Alt+Shift+ArrowLeft"), "Alt Shift ←");
  assert.equal(shownKey("+"), "+");
  assert.equal(shownKey("p"), "P");
  assert.equal(shownKey("Escape"), "Esc");
});

test("buttons show the keys of their commands", () => {
  assert.equal(withKeys("Play", "play"), "Play (Space)");
  assert.equal(withKeys("{0} s back", "back"), "5 s back (J)");
  assert.equal(withKeys("Redo", "redo"), "Redo (Ctrl Shift Z)");
  assert.equal(withKeys("Speed", "slower", "faster"), "Speed (, and .)");
});

test("the notebook gets the chords of the page as a whole, and none that acts on cells", () => {
  const gets = (/** @type {string} */ key, /** @type {Partial<typeof PLAIN>} */ over) => isForNotebook({ ...PLAIN, key, ...over });
  for (const key of ["s", "S", "f", "g", "p", "b"]) assert.ok(gets(key, { ctrlKey: true }), key);
  assert.ok(gets("s", { metaKey: true }));
  assert.ok(gets("C", { ctrlKey: true, shiftKey: true }));
  const cells = ["a", "Backspace", "Enter", "x", "v", "c", "m", "ArrowUp", "ArrowLeft", "z", "y", "d"];
  for (const key of cells) assert.ok(!gets(key, { ctrlKey: true }) && !gets(key, { metaKey: true }), key);
  for (const key of ["ArrowUp", "ArrowDown", "m", "Enter", "-"]) assert.ok(!gets(key, { ctrlKey: true, shiftKey: true }), key);
  for (const key of ["Enter", "ArrowUp", "w", "a"]) assert.ok(!gets(key, { altKey: true }), key);
  for (const key of ["s", "d", "Delete"]) assert.ok(!gets(key, {}), key);
});

test("a key with another modifier is another key", () => {
  for (const key of ["Backspace", "Delete", "Enter", "p", "m", "i"]) assert.equal(textOf(key, { ctrlKey: true }), undefined, key);
  assert.equal(textOf("a", { metaKey: true }), "select the running text, to copy it");
});
