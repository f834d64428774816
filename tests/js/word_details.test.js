// What the kernel knows of a word: requested once, when a person looks at it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Requests } from "../../paraformer_nb/widgets/static/timeline/model/requests.js";
import { WordDetails } from "../../paraformer_nb/widgets/static/timeline/model/word_details.js";
import { describeDetails, describeFocus } from "../../paraformer_nb/widgets/static/timeline/text/text.js";
import { makeSentence, makeWord } from "./fixtures.js";

const SENTENCE = makeSentence(1, 0, "would you", true);
/** @type {Record<string, unknown>[]} */
let sent;
/** @type {Requests} */
let requests;
let arrived = 0;

beforeEach(() => {
  sent = [];
  arrived = 0;
  requests = new Requests((content) => sent.push(content), () => {});
});

test("revisions are requested once, and only of a run that has ended", async () => {
  const details = new WordDetails(requests, () => arrived++);
  const [word] = SENTENCE.words;
  assert.deepEqual(details.of(SENTENCE, word, false).revisions, []);
  assert.equal(sent.length, 0);
  details.of(SENTENCE, word, true);
  details.of(SENTENCE, word, true);
  assert.equal(sent.length, 1);
  requests.receive({ kind: "reply", request_id: 1, text: "would", revisions: ["wood", "would"] }, []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(arrived, 1);
  assert.deepEqual(details.of(SENTENCE, word, true), { original: "", revisions: ["wood", "would"] });
});

test("what was recognised is said of a corrected word, unless it is the same", async () => {
  const details = new WordDetails(requests, () => arrived++);
  const edited = { ...SENTENCE.words[0], is_edited: true };
  details.of(SENTENCE, edited, false);
  requests.receive({ kind: "reply", request_id: 1, text: "wood" }, []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(details.of(SENTENCE, edited, false).original, "wood");
  assert.equal(details.of(SENTENCE, { ...edited, text: "wood" }, false).original, "");
});

test("a page without a kernel knows neither", () => {
  const details = new WordDetails(null, () => arrived++);
  assert.deepEqual(details.of(SENTENCE, { ...SENTENCE.words[0], is_edited: true }, true), { original: "", revisions: [] });
});

test("the card and the row below the buttons list them", () => {
  const word = makeWord("would", 1, 1.5, { confidence: 0.4 });
  const details = { original: "", revisions: ["wood", "would"] };
  const plain = (/** @type {string} */ text) => text.replaceAll(/[\u2068\u2069]/gu, "");
  const lines = describeDetails(word, "Anna", details).map(plain);
  assert.deepEqual(lines, ["0:01.00–0:01.50 · 0.50 s", "confidence 0.40, doubtful", "revised: wood → would", "speaker Anna"]);
  assert.equal(plain(describeFocus(word, "", details)), "would · 0:01.00–0:01.50 · confidence 0.40 · revised: wood → would");
  const corrected = { ...word, is_edited: true };
  assert.ok(plain(describeFocus(corrected, "", { original: "wood", revisions: [] })).endsWith("corrected, recognised as wood"));
});
