// Words and offsets of a sentence's running text.

import assert from "node:assert/strict";
import { test } from "node:test";

import { offsetsOf, placeAt } from "../../paraformer_nb/widgets/static/timeline/text/text_ranges.js";

/** @import { Word } from "../../paraformer_nb/widgets/static/timeline/model/words.js" */

/** @type {Word[]} */
const ENGLISH = [["Hello", ",", 0, 1, null, 0, 0], ["dear", "", 1, 2, null, 1, 0], ["class", ".", 2, 3, null, 1, 0]];
/** @type {Word[]} */
const CHINESE = [["今天", "", 0, 1, null, 0, 0], ["好", "。", 1, 2, null, 0, 0]];

test("words lie where they are written, with the space before the sentence", () => {
  assert.deepEqual(offsetsOf(ENGLISH), [[1, 7], [8, 12], [13, 19]]); // " Hello, dear class."
  assert.deepEqual(offsetsOf(CHINESE), [[0, 2], [2, 4]]);
});

test("an offset is in the word that it touches", () => {
  assert.deepEqual([0, 1, 6, 7, 8, 14, 19].map((offset) => placeAt(ENGLISH, offset)), [-1, 0, 0, 0, 1, 2, 2]);
});
