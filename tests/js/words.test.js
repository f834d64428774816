// The flat word table: binary search for a window, rewriting from an index on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WordTable, lowerBound } from "../../paraformer_nb/widgets/static/timeline/model/words.js";
import { makeWord } from "./fixtures.js";

/** @import { Sentence } from "../../paraformer_nb/widgets/static/timeline/model/words.js" */

/**
 * @param {number} id
 * @param {number} start
 * @param {number} count
 * @returns {Sentence}
 */
function sentence(id, start, count) {
  const words = Array.from({ length: count }, (_, i) => makeWord(`w${id}.${i}`, start + i, start + i + 0.9));
  return { id, is_final: true, start, end: start + count, separator: " ", words };
}

test("lowerBound finds the first that is not below", () => {
  const values = [1, 3, 3, 8];
  assert.deepEqual([0, 1, 2, 3, 4, 9].map((x) => lowerBound((i) => values[i], 4, x)), [0, 0, 1, 1, 3, 4]);
});

test("the words that touch a span, and no others", () => {
  const table = new WordTable();
  table.rewrite([sentence(1, 0, 5), sentence(2, 10, 5)], 0);
  assert.deepEqual(table.between(1.5, 3), [1, 3]);
  assert.deepEqual(table.between(4.95, 9), [5, 5]);
  assert.deepEqual(table.between(-5, 100), [0, 10]);
  assert.equal(table.end, 14.9);
});

test("rewriting from an index keeps what is before and drops what was after", () => {
  const table = new WordTable();
  const order = [sentence(1, 0, 3), sentence(2, 5, 4), sentence(3, 10, 2)];
  table.rewrite(order, 0);
  order.splice(1, 2, sentence(2, 5, 1));
  table.rewrite(order, 1);
  assert.deepEqual(table.rows.map(({ text }) => text), ["w1.0", "w1.1", "w1.2", "w2.0"]);
  assert.equal(table.count, 4);
  table.rewrite([], 0);
  assert.equal(table.count, 0);
  assert.equal(table.end, null);
});

test("a word that claims to begin before its neighbour is moved up to it", () => {
  const table = new WordTable();
  const late = sentence(1, 4, 1);
  late.words.push(makeWord("early", 3, 3.5));
  table.rewrite([late], 0);
  assert.equal(table.starts[1], 4);
  assert.ok(table.ends[1] >= table.starts[1]);
});

test("ten thousand sentences outgrow the first arrays", () => {
  const table = new WordTable();
  table.rewrite(Array.from({ length: 10_000 }, (_, i) => sentence(i, i * 10, 3)), 0);
  assert.equal(table.count, 30_000);
  assert.deepEqual(table.between(50_000, 50_000.5), [15_000, 15_001]);
  assert.equal(table.isFinal[29_999], 1);
});
