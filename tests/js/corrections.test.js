// Which words a correction removes, and which it inserts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { correctedWords, insertAfter, mergeWords, moveEdge, removeWord, retype, splitWord } from "../../paraformer_nb/widgets/static/timeline/model/corrections.js";
import { makeWord } from "./fixtures.js";

/** @import { Correction } from "../../paraformer_nb/widgets/static/timeline/model/corrections.js" */

const WORDS = [
  makeWord("good", 1, 1.4, { confidence: 0.9, separator: "" }),
  makeWord("mornig", 1.4, 2, { confidence: 0.4, punctuation: "," }),
  makeWord("all", 3, 3.5, { confidence: 0.8, punctuation: "." }),
];

const ROOM = { from: 0, to: 10 }; // between the sentences before and after

/** @param {Correction | null} correction */
function texts(correction) {
  return correction?.new.map(({ text, punctuation, start, end }) => [text, punctuation, start, end]);
}

test("retyping a word keeps its span and drops its confidence", () => {
  const correction = retype(WORDS, 1, "morning!");
  assert.deepEqual(correction?.old, [WORDS[1]]);
  assert.deepEqual(correction?.new, [makeWord("morning", 1.4, 2, { punctuation: "!", is_edited: true })]);
});

test("the same text is not a correction, an empty one deletes", () => {
  assert.equal(retype(WORDS, 1, " mornig, "), null);
  assert.deepEqual(retype(WORDS, 1, "  ")?.new, []);
  assert.deepEqual(removeWord(WORDS, 0), { old: [WORDS[0]], new: [] });
});

test("a space makes two words that share the span by their letters", () => {
  assert.deepEqual(texts(retype(WORDS, 1, "more ning,")), [["more", "", 1.4, 1.667], ["ning", ",", 1.667, 2]]);
});

test("punctuation within a word and punctuation alone stay text", () => {
  assert.deepEqual(texts(retype(WORDS, 1, "don't")), [["don't", "", 1.4, 2]]);
  assert.deepEqual(texts(retype(WORDS, 1, "...")), [["...", "", 1.4, 2]]);
  assert.deepEqual(texts(retype(WORDS, 1, "天气。")), [["天气", "。", 1.4, 2]]);
});

test("an edge moves alone where no word is in its way", () => {
  assert.deepEqual(texts(moveEdge(WORDS, 1, "end", 2.5, ROOM)), [["mornig", ",", 1.4, 2.5]]);
  const { confidence, separator, is_edited } = moveEdge(WORDS, 1, "end", 2.5, ROOM)?.new[0] ?? {};
  assert.deepEqual([confidence, separator, is_edited], [0.4, " ", true]); // times do not change its confidence
});

test("an edge pushes its neighbour's edge, which keeps a minimum", () => {
  const pushed = moveEdge(WORDS, 1, "start", 1.2, ROOM);
  assert.deepEqual(pushed?.old, [WORDS[0], WORDS[1]]);
  assert.deepEqual(texts(pushed), [["good", "", 1, 1.2], ["mornig", ",", 1.2, 2]]);
  assert.deepEqual(texts(moveEdge(WORDS, 1, "start", 0, ROOM)), [["good", "", 1, 1.02], ["mornig", ",", 1.02, 2]]);
  assert.deepEqual(texts(moveEdge(WORDS, 1, "end", 9, ROOM)), [["mornig", ",", 1.4, 3.48], ["all", ".", 3.48, 3.5]]);
});

test("an edge never passes the word's other edge, nor the clip's beginning", () => {
  assert.deepEqual(texts(moveEdge(WORDS, 0, "start", 5, ROOM)), [["good", "", 1.38, 1.4]]);
  assert.deepEqual(texts(moveEdge(WORDS, 0, "start", -3, ROOM)), [["good", "", 0, 1.4]]);
  assert.equal(moveEdge(WORDS, 0, "start", 1, ROOM), null);
});

test("a word is split at a time within it, else in the middle", () => {
  assert.deepEqual(texts(splitWord(WORDS, 1, 1.6)), [["mo", "", 1.4, 1.6], ["rnig", ",", 1.6, 2]]);
  assert.deepEqual(texts(splitWord(WORDS, 1, 7)), [["mor", "", 1.4, 1.7], ["nig", ",", 1.7, 2]]);
  assert.equal(splitWord([makeWord("a", 0, 1)], 0, null), null);
});

test("what a person sees as one letter is not cut", () => {
  assert.deepEqual(texts(splitWord([makeWord("🇩🇪👨‍👩‍👧", 0, 1)], 0, null)), [["🇩🇪", "", 0, 0.5], ["👨‍👩‍👧", "", 0.5, 1]]);
  assert.equal(splitWord([makeWord("👨‍👩‍👧‍👦", 0, 1)], 0, null), null);
});

test("words never leave the room between the sentences before and after", () => {
  const room = { from: 0.9, to: 3.6 };
  assert.deepEqual(texts(moveEdge(WORDS, 0, "start", 0.1, room)), [["good", "", 0.9, 1.4]]);
  assert.deepEqual(texts(moveEdge(WORDS, 2, "end", 9, room)), [["all", ".", 3, 3.6]]);
  assert.deepEqual(texts(insertAfter(WORDS, 2, "in", room)), [["in", "", 3.5, 3.6]]);
  assert.deepEqual(insertAfter(WORDS, 2, "in", { from: 0, to: 3.5 })?.old, [WORDS[2]]);
});

test("a sentence's words after a correction are in order", () => {
  const correction = insertAfter(WORDS, 1, "to you", ROOM);
  assert.ok(correction);
  assert.deepEqual(correctedWords(WORDS, correction).map(({ text }) => text), ["good", "mornig", "to", "you", "all"]);
  assert.deepEqual(correctedWords(WORDS, removeWord(WORDS, 1)).map(({ text }) => text), ["good", "all"]);
});

test("merging spans the pause between two words; the last word cannot be merged", () => {
  assert.deepEqual(texts(mergeWords(WORDS, 1)), [["mornigall", ".", 1.4, 3.5]]);
  assert.equal(mergeWords(WORDS, 2), null);
});

test("a word is inserted into the pause, or into the last third of the word before", () => {
  assert.deepEqual(insertAfter(WORDS, 1, "to", ROOM)?.old, []);
  assert.deepEqual(texts(insertAfter(WORDS, 1, "to", ROOM)), [["to", "", 2, 2.4]]);
  assert.deepEqual(texts(insertAfter(WORDS, 0, "old", ROOM)), [["good", "", 1, 1.267], ["old", "", 1.267, 1.4]]);
  assert.equal(insertAfter(WORDS, 0, " ", ROOM), null);
});
