// Finding words, whatever their case, diacritics, width and punctuation. The kernel's find is tested with the same cases.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { comparable, findAgain, findMatches } from "../../paraformer_nb/widgets/static/timeline/model/find.js";
import { Transcript } from "../../paraformer_nb/widgets/static/timeline/model/transcript.js";
import { makeSentence, makeUpdate, makeWord } from "./fixtures.js";

/** @import { Sentence } from "../../paraformer_nb/widgets/static/timeline/model/words.js" */
/** @typedef {[separator: string, text: string, punctuation: string]} Row */
/** @typedef {{ transcript: string, query: string, found: [number, number][], why: string }} Case */

/** @type {{ transcripts: Record<string, Row[][]>, cases: Case[] }} */
const SHARED = JSON.parse(readFileSync(new URL("../find_cases.json", import.meta.url), "utf8"));

/**
 * A transcript of the shared cases; its words are half a second apart.
 * @param {string} name
 */
function sharedSentences(name) {
  let index = 0;
  return SHARED.transcripts[name].map((rows, i) => {
    const words = rows.map(([separator, text, punctuation], j) => {
      const start = index++ / 2;
      return makeWord(text, start, start + 0.4, { separator: j ? separator : "", punctuation });
    });
    const { start } = words[0];
    return { id: i + 1, is_final: true, start, end: words[words.length - 1].end, separator: rows[0][0], words };
  });
}

/** @param {Sentence[]} sentences */
function transcriptOf(sentences) {
  const transcript = new Transcript();
  transcript.apply(makeUpdate(1, { reset: true, sentences }), [], 0);
  return transcript;
}

for (const { transcript, query, found, why } of SHARED.cases) {
  test(`${JSON.stringify(query)} finds the words that the shared table names: ${why}`, () => {
    const matches = findMatches(transcriptOf(sharedSentences(transcript)), query);
    assert.deepEqual(matches.map(({ first, last }) => [first, last]), found);
  });
}

test("a text is compared without case, punctuation and extra spaces", () => {
  assert.equal(comparable("  Don't —  stop… "), "don t stop");
  assert.equal(comparable("你好， 世界。 Hello"), "你好世界hello");
  assert.equal(comparable("…"), "");
});

test("a match has the times of its words", () => {
  const [{ start, end }] = findMatches(transcriptOf([makeSentence(1, 0, "Good morning good day")]), "morning good");
  assert.deepEqual([start, end], [0.5, 1.4]);
});

test("searching again after a change finds what a new search finds", () => {
  const texts = ["a b a b", "a", "b a", "a b", "b", "a a", "b b a b a"];
  let seed = 7;
  const random = (/** @type {number} */ below) => (seed = (seed * 48271) % 2147483647) % below;
  for (const query of ["a", "a b", "b a", "a a", "a b a b a", "b a b a a b", "x"]) {
    const transcript = new Transcript();
    let matches = findMatches(transcript, query);
    for (let seq = 1; seq < 80; seq++) {
      const id = 1 + random(9);
      const text = texts[random(texts.length)];
      const isRemoved = random(4) === 0;
      const over = isRemoved ? { removed: [id] } : { sentences: [makeSentence(id, 10 * id, text)] };
      const { from } = transcript.apply(makeUpdate(seq, over), [], 0);
      matches = findAgain(transcript, query, matches, from);
      assert.deepEqual(matches, findMatches(transcript, query), `${query} after ${seq} changes`);
    }
  }
});
