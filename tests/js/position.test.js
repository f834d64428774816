// Positions in a page's address.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, positionIn } from "../../paraformer_nb/widgets/static/timeline/model/position.js";

test("a fragment names a position in seconds, or as a clock shows it", () => {
  const cases = { "#t=63": 63, "#t=63.5": 63.5, "#t=1:03": 63, "#t=1:02:03": 3723, "t=0": 0, "#x=1&t=2": 2 };
  for (const [fragment, position] of Object.entries(cases)) assert.deepEqual(positionIn(fragment), { position, isWord: false }, fragment);
});

test("a fragment names a word by where it begins", () => {
  for (const fragment of ["#w=63.5", "#w=1:03.5", "#t=2&w=63.5"]) {
    assert.deepEqual(positionIn(fragment), { position: 63.5, isWord: true }, fragment);
  }
});

test("what is no position is ignored", () => {
  for (const fragment of ["", "#", "#t=", "#t=-1", "#t=a", "#t=1e9", "#t=1:2:3:4", "#t=Infinity", "#chapter", "#w=", "#w=word", "#w=-3"]) {
    assert.equal(positionIn(fragment), null, fragment);
  }
});

test("an address leads back to its position", () => {
  assert.equal(addressOf("file:///a.html#t=5", 63.4567, false), "file:///a.html#t=63.457");
  for (const isWord of [false, true]) {
    const fragment = addressOf("https://a.example/b", 1.2, isWord).replace(/^[^#]*/u, "");
    assert.deepEqual(positionIn(fragment), { position: 1.2, isWord });
  }
});
