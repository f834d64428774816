// Where words are drawn: in one row, in two, or as ticks below the texts of their sentences.

import assert from "node:assert/strict";
import { test } from "node:test";

import { blocksOf, levelFor, linesOf, rowOf, staggered } from "../../paraformer_nb/widgets/static/timeline/canvas/word_layout.js";
import { WordTable } from "../../paraformer_nb/widgets/static/timeline/model/words.js";
import { makeSentence, makeWord } from "./fixtures.js";

/** @param {string} text ten pixels a letter */
const measure = (text) => text.length * 10;

/**
 * @param {string[]} texts
 * @param {number} seconds of each word
 */
function tableOf(texts, seconds) {
  const words = new WordTable();
  const rows = texts.map((text, i) => makeWord(text, i * seconds, (i + 1) * seconds));
  words.rewrite([{ ...makeSentence(1, 0, "x"), words: rows }], 0);
  return words;
}

test("the level depends on the room for the texts", () => {
  const words = tableOf(["a", "longer", "is", "different", "so", "it", "alternates", "a", "lot"], 0.5);
  const level = (/** @type {number} */ pixels) => levelFor(words, { start: 0, span: 10 }, 10 * pixels, measure);
  assert.equal(level(250), "row");
  assert.equal(level(100), "rows");
  assert.equal(level(30), "sentences");
  assert.equal(levelFor(tableOf([], 1), { start: 0, span: 10 }, 1000, measure), "row");
});

test("the level is that of the zoom wherever the window is", () => {
  const words = tableOf(Array.from({ length: 400 }, (_, i) => (i % 40 === 0 ? "considerable" : "short")), 0.5);
  for (const start of [0, 50, 190]) assert.equal(levelFor(words, { start, span: 10 }, 1300, measure), "rows");
});

test("words are measured again only where those that are tried are others", () => {
  let count = 0;
  const counted = (/** @type {string} */ text) => (count++, measure(text));
  const words = tableOf(["in", "a", "row"], 0.5);
  const level = () => levelFor(words, { start: 0, span: 10 }, 1000, counted);
  assert.equal(level(), "row");
  const before = count;
  words.rewrite([], 1); // an update that changed none of them
  assert.equal(level(), "row");
  assert.equal(count, before);
  const longer = [makeWord("considerable", 0, 0.5), makeWord("difference", 0.5, 1), makeWord("in", 1, 1.5)];
  words.rewrite([{ ...makeSentence(1, 0, "x"), words: longer }], 0);
  assert.notEqual(level(), "row");
});

test("labels in two rows lie over their blocks and never over each other, and stay while the window moves", () => {
  const words = tableOf(["in", "considerable", "of", "a", "the", "different", "it", "is"], 0.5);
  const blocks = blocksOf(words, 0, words.count, { start: 0, span: 4 }, 400);
  const labels = staggered(words, blocks, 400, measure);
  const ends = [-Infinity, -Infinity];
  for (const { index, lane, left, width } of labels) {
    assert.equal(lane, index % 2);
    assert.ok(left > ends[lane], `${index}`);
    ends[lane] = left + width;
    assert.ok(left < blocks[index].right && left + width > blocks[index].left, `${index} is over its block`);
  }
  assert.ok(labels.length >= 7);
});

test("a label whose block reaches off the picture is whole on it, as far as there is room", () => {
  const words = tableOf(["considerable", "in", "it", "a", "considerable"], 1);
  const blocks = blocksOf(words, 0, words.count, { start: 0.5, span: 4 }, 600); // half of the first and the last
  const labels = staggered(words, blocks, 600, measure);
  const [first, last] = [labels[0], labels[labels.length - 1]];
  assert.ok(first.left >= 0 && last.left + last.width <= 600, JSON.stringify([first, last]));
});

test("each row of two has its words by turns", () => {
  const row = { top: 10, height: 48 };
  assert.deepEqual(rowOf("rows", row, 4), { top: 10, height: 23 });
  assert.deepEqual(rowOf("rows", row, 5), { top: 35, height: 23 });
  assert.deepEqual(rowOf("row", row, 5), { top: 17, height: 34 });
});

test("a sentence is broken into lines, and shortened where it has no room", () => {
  const { words } = makeSentence(1, 0, "one two three four");
  assert.deepEqual(linesOf(words, 80, 3, measure), ["one two", "three", "four"]);
  assert.deepEqual(linesOf(words, 80, 2, measure), ["one two", "three…"]);
  assert.deepEqual(linesOf(words, 20, 2, measure), [], "nothing rather than a row of dots");
  assert.deepEqual(linesOf(words, 400, 3, measure), ["one two three four"]);
  const chinese = ["今天", "天气"].map((text, i) => makeWord(text, i, i + 1, { separator: "" }));
  assert.deepEqual(linesOf(chinese, 40, 1, measure), ["今天天气"]);
});
