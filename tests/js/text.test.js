// What the view says in words.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clockText, countWords, describePicture, emptyText, progressText, sentenceText, separatorBefore, servedBy } from "../../paraformer_nb/widgets/static/timeline/text/text.js";
import { isDoubtful } from "../../paraformer_nb/widgets/static/timeline/model/words.js";
import { makeRun } from "./made.js";

/** @import { Word } from "../../paraformer_nb/widgets/static/timeline/model/words.js" */

/** @type {Word[]} */
const ENGLISH = [["makes", "", 0, 1, 0.9, 1, 0], ["a", "", 1, 2, 0.3, 1, 0], ["guess", ",", 2, 3, null, 1, 0]];
/** @type {Word[]} */
const CHINESE = [["今", "", 0, 1, 0.9, 0, 0], ["天", "。", 1, 2, 0.9, 0, 0]];

test("sentences with and without spaces", () => {
  assert.equal(sentenceText(ENGLISH), "makes a guess,");
  assert.equal(sentenceText(CHINESE), "今天。");
  assert.equal(separatorBefore(ENGLISH), " ");
  assert.equal(separatorBefore(CHINESE), "");
});

test("doubtful is below one half; unknown is not doubtful", () => {
  assert.deepEqual(ENGLISH.map(isDoubtful), [false, true, false]);
});

test("counts", () => {
  assert.deepEqual([0, 1, 2, 10_000].map(countWords), ["0 words", "1 word", "2 words", "10,000 words"]);
});

test("an empty transcript says why", () => {
  assert.equal(emptyText("finished"), "No speech was found.");
  assert.notEqual(emptyText("streaming"), emptyText("failed"));
});

test("how far a run is", () => {
  const run = makeRun({ sent: 28.94, settled: 25, duration: 39.665 });
  assert.equal(progressText(run), "sent 28.9 s · settled 25.0 s");
  assert.equal(clockText(run), "0:28.9 / 0:39.7");
  assert.equal(clockText(makeRun({ sent: 28.94 })), "0:28.9");
  assert.equal(clockText(makeRun({ sent: 3115.4, duration: 3600 })), "51:55 / 1:00:00");
  assert.equal(progressText(makeRun({ sent: 3115.4, settled: 3112 })), "sent 51:55 · settled 51:52");
  assert.equal(servedBy(makeRun({ service: "DashScope", model: "" })), "DashScope");
});

test("the picture in words", () => {
  const words = describePicture(makeRun({ state: "finished" }), 102, { start: 0, span: 8 });
  assert.equal(words, "Timeline of lesson.flac: finished, 102 words. Shows 0:00.0 to 0:08.0.");
});
