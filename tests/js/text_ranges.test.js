// Words and offsets of a sentence's running text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { offsetsOf, wordAtOffset } from "../../paraformer_nb/widgets/static/timeline/text/text_ranges.js";
import { makeWord } from "./fixtures.js";

/** @import { Sentence } from "../../paraformer_nb/widgets/static/timeline/model/words.js" */

/** @type {Sentence} */
const ENGLISH = {
  id: 1, is_final: true, start: 0, end: 3, separator: " ",
  words: [
    makeWord("Hello", 0, 1, { punctuation: ",", separator: "" }),
    makeWord("dear", 1, 2),
    makeWord("class", 2, 3, { punctuation: "." }),
  ],
};
/** @type {Sentence} */
const CHINESE = {
  id: 2, is_final: true, start: 0, end: 2, separator: "",
  words: [makeWord("今天", 0, 1, { separator: "" }), makeWord("好", 1, 2, { punctuation: "。", separator: "" })],
};

test("offsets are those of the written text, with the space before the sentence", () => {
  const expected = [{ from: 1, to: 7 }, { from: 8, to: 12 }, { from: 13, to: 19 }]; // " Hello, dear class."
  assert.deepEqual(offsetsOf(ENGLISH), expected);
  assert.deepEqual(offsetsOf(CHINESE), [{ from: 0, to: 2 }, { from: 2, to: 4 }]);
});

test("an offset belongs to the word that it touches", () => {
  assert.deepEqual([0, 1, 6, 7, 8, 14, 19].map((offset) => wordAtOffset(ENGLISH, offset)), [-1, 0, 0, 0, 1, 2, 2]);
});
