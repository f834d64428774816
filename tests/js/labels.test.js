// A label is whole, or a dot, or nothing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Ruler, fitLabel } from "../../paraformer_nb/widgets/static/timeline/canvas/labels.js";

/** @param {string} text ten pixels a letter */
const measure = (text) => text.length * 10;

test("as much of a word, as large, as fits, and nothing is ever cut", () => {
  assert.deepEqual(fitLabel("guess", ",", 64, measure), { label: "guess,", size: 13 });
  assert.deepEqual(fitLabel("guess", ",", 60, measure), { label: "guess", size: 13 });
  assert.deepEqual(fitLabel("guess", ",", 50, measure), { label: "guess", size: 11.5 });
  assert.equal(fitLabel("guess", ",", 40, measure).label, "·");
  assert.equal(fitLabel("guess", ",", 4, measure).label, "");
  for (let room = 0; room < 100; room++) {
    assert.ok(["guess,", "guess", "·", ""].includes(fitLabel("guess", ",", room, measure).label));
  }
});

test("a ruler measures a text once, and again for another font", () => {
  let measured = 0;
  const context = { font: "", measureText: (/** @type {string} */ text) => ({ width: ++measured && text.length }) };
  const ruler = new Ruler();
  assert.equal(ruler.in(context, "13px a")("word"), 4);
  ruler.in(context, "13px a")("word");
  assert.equal(measured, 1);
  ruler.in(context, "13px b")("word");
  assert.equal(measured, 2);
  assert.equal(context.font, "13px b");
});
