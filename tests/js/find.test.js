// Finding words, whatever their case, width and punctuation. tests/transcript/test_search.py has the same cases.

import assert from "node:assert/strict";
import { test } from "node:test";

import { comparable, findMatches } from "../../paraformer_nb/widgets/static/timeline/model/find.js";
import { makeSentence, makeWord } from "./fixtures.js";

/** @import { Sentence } from "../../paraformer_nb/widgets/static/timeline/model/words.js" */

/** @type {Sentence} */
const CHINESE = {
  id: 3, is_final: true, start: 9, end: 11, separator: " ",
  words: [
    makeWord("今天", 9, 9.5, { separator: "" }),
    makeWord("天气", 9.5, 10, { separator: "" }),
    makeWord("好", 10, 11, { separator: "", punctuation: "。" }),
  ],
};
const ORDER = [makeSentence(1, 0, "Good morning good day"), makeSentence(2, 5, "A good-morning song"), CHINESE];

/** @param {string} text */
function found(text) {
  return findMatches(ORDER, text).map(({ sentence, wordIndex, count }) => [sentence, wordIndex, count]);
}

test("case, width and punctuation do not matter", () => {
  assert.deepEqual(found("GOOD"), [[1, 0, 1], [1, 2, 1], [2, 1, 1]]);
  assert.deepEqual(found("ｇｏｏｄ, morning!"), [[1, 0, 2], [2, 1, 1]]);
  assert.equal(comparable("  Don't —  stop… "), "don t stop");
});

test("a word that is only a sign does not separate a phrase", () => {
  const order = [makeSentence(1, 0, "rock & roll"), makeSentence(2, 5, "... and so on")];
  assert.deepEqual(findMatches(order, "rock roll").map(({ wordIndex, count }) => [wordIndex, count]), [[0, 3]]);
  assert.deepEqual(findMatches(order, "Rock & Roll").map(({ wordIndex, count }) => [wordIndex, count]), [[0, 3]]);
  assert.deepEqual(findMatches(order, "and so").map(({ wordIndex, count }) => [wordIndex, count]), [[1, 2]]);
});

test("a part of a word is found, and a phrase over several", () => {
  assert.deepEqual(found("orn"), [[1, 1, 1], [2, 1, 1]]);
  assert.deepEqual(found("morning good d"), [[1, 1, 3]]);
});

test("Chinese is found across its words", () => {
  assert.deepEqual(found("天天"), [[3, 0, 2]]);
  assert.deepEqual(found("气好"), [[3, 1, 2]]);
});

test("an empty text is never found, and overlapping occurrences count once", () => {
  assert.deepEqual(found(" .,"), []);
  assert.deepEqual(found("zebra"), []);
  assert.deepEqual(findMatches([makeSentence(1, 0, "aaaa")], "aa").length, 2);
});

test("a match has the times of its words", () => {
  const [{ start, end }] = findMatches(ORDER, "morning good");
  assert.deepEqual([start, end], [0.5, 1.4]);
});
