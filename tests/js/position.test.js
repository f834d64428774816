// Positions in a page's address.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, positionIn } from "../../paraformer_nb/widgets/static/timeline/model/position.js";

test("a fragment names a position in seconds, or as a clock shows it", () => {
  const cases = { "#t=63": 63, "#t=63.5": 63.5, "#t=1:03": 63, "#t=1:02:03": 3723, "t=0": 0, "#x=1&t=2": 2 };
  for (const [fragment, position] of Object.entries(cases)) assert.equal(positionIn(fragment), position, fragment);
});

test("what is no position is ignored", () => {
  for (const fragment of ["", "#", "#t=", "#t=-1", "#t=a", "#t=1e9", "#t=1:2:3:4", "#t=Infinity", "#chapter"]) {
    assert.equal(positionIn(fragment), null, fragment);
  }
});

test("an address leads back to its position", () => {
  assert.equal(addressOf("file:///a.html#t=5", 63.456), "file:///a.html#t=63.46");
  assert.equal(positionIn(addressOf("https://a.example/b", 1.2).replace(/^[^#]*/u, "")), 1.2);
});
