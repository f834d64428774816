// What is under a pointer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { edgeAt, spokenAt, isDense, wordAt } from "../../paraformer_nb/widgets/static/timeline/model/hits.js";
import { WordTable } from "../../paraformer_nb/widgets/static/timeline/model/words.js";
import { makeSentence, makeWord } from "./fixtures.js";

const words = new WordTable();
words.rewrite([makeSentence(1, 1, "one two three")], 0); // at 1-1.4, 1.5-1.9, 2-2.4
const WINDOW = { start: 0, span: 10 };
const WIDTH = 1000; // 100 pixels a second

test("a word is hit on its span and a little beside it", () => {
  assert.equal(wordAt(words, WINDOW, WIDTH, 120), 0);
  assert.equal(wordAt(words, WINDOW, WIDTH, 142), 0);
  assert.equal(wordAt(words, WINDOW, WIDTH, 148), 1);
  assert.equal(wordAt(words, WINDOW, WIDTH, 145), -1);
  assert.equal(wordAt(words, WINDOW, WIDTH, 300), -1);
});

test("a word without length can be hit", () => {
  const points = new WordTable();
  points.rewrite([{ id: 1, is_final: true, start: 1, end: 1, separator: "", words: [makeWord("x", 1, 1)] }], 0);
  assert.equal(wordAt(points, WINDOW, WIDTH, 101), 0);
});

test("edges are hit from either side, the nearer one first", () => {
  assert.equal(edgeAt(words, 0, WINDOW, WIDTH, 97), "start");
  assert.equal(edgeAt(words, 0, WINDOW, WIDTH, 143), "end");
  assert.equal(edgeAt(words, 0, WINDOW, WIDTH, 120), null);
});

test("a word is spoken from its start until its end, and none in a pause", () => {
  assert.deepEqual([0.99, 1, 1.39, 1.4, 1.5, 2.39, 2.4].map((time) => spokenAt(words, time)), [-1, 0, 0, -1, 1, 2, -1]);
});

test("words are dense where there are not enough pixels for them", () => {
  assert.equal(isDense(words, WINDOW, WIDTH), false);
  assert.equal(isDense(words, { start: 0, span: 1000 }, WIDTH), true);
  assert.equal(isDense(words, { start: 500, span: 100 }, WIDTH), false);
});
