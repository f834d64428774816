// The texts of the view.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clockText, countWords, describePicture, emptyText, messageText, progressText, retryText, servedBy, stateText } from "../../paraformer_nb/widgets/static/timeline/text/text.js";
import { isDoubtful, sentenceText } from "../../paraformer_nb/widgets/static/timeline/model/words.js";
import { makeRun, makeWord } from "./fixtures.js";

const ENGLISH = [
  makeWord("makes", 0, 1, { confidence: 0.9, separator: "" }),
  makeWord("a", 1, 2, { confidence: 0.3 }),
  makeWord("guess", 2, 3, { punctuation: "," }),
];
const CHINESE = [makeWord("今", 0, 1, { separator: "" }), makeWord("天", 1, 2, { separator: "", punctuation: "。" })];

test("sentences with and without spaces", () => {
  assert.equal(sentenceText(ENGLISH), "makes a guess,");
  assert.equal(sentenceText(CHINESE), "今天。");
});

test("doubtful is below one half; unknown is not doubtful", () => {
  assert.deepEqual(ENGLISH.map(isDoubtful), [false, true, false]);
});

test("counts", () => {
  assert.deepEqual([0, 1, 2, 10_000].map(countWords), ["0 words", "1 word", "2 words", "10,000 words"]);
});

test("an empty transcript has a text that says why", () => {
  assert.equal(emptyText("finished"), "No speech was found.");
  assert.notEqual(emptyText("streaming"), emptyText("failed"));
});

test("the progress of a run", () => {
  const run = makeRun({ sent_until: 28.94, final_until: 25, end: 39.665 });
  assert.equal(progressText(run), "sent 28.9 s · final 25.0 s");
  assert.equal(clockText(run), "0:28.9 / 0:39.7");
  assert.equal(clockText(makeRun({ sent_until: 28.94 })), "0:28.9");
  assert.equal(clockText(makeRun({ sent_until: 39.66, end: 39.66, has_ended: true })), "0:39.7", "once");
  assert.equal(clockText(makeRun({ sent_until: 3115.4, end: 3600 })), "51:55 / 1:00:00");
  assert.equal(progressText(makeRun({ sent_until: 3115.4, final_until: 3112 })), "sent 51:55 · final 51:52");
  assert.equal(servedBy(makeRun({ service: "DashScope", model: "" })), "DashScope");
});

test("the description of the picture", () => {
  const words = describePicture(makeRun({ state: "finished" }), 102, { start: 0, span: 8 });
  assert.equal(words, "Timeline of lesson.flac: finished, 102 words. Shows 0:00.0 to 0:08.0.");
});

test("what ended a run, and what it did not recognise", () => {
  const gaps = [1, 2, 3, 4].map((start) => ({ start, end: start + 0.5, reason: "the network was down" }));
  const stopped = makeRun({ state: "stopped", message: "It was stopped.", missing: 28.66, whole: 39.7 });
  assert.equal(messageText(stopped, gaps), "It was stopped. 28.7 s of 39.7 s were not recognised.");
  assert.equal(messageText(makeRun({ state: "failed", message: "It failed." }), gaps), "It failed.");
  const finished = messageText(makeRun({ state: "finished" }), gaps.slice(3));
  assert.equal(finished, "4.0–4.5 s were not recognised: the network was down.");
  assert.equal(messageText(makeRun({ state: "finished" }), gaps).match(/not recognised/gu)?.length, 3);
  assert.equal(messageText(makeRun(), []), "");
});

test("what a run waits for is named", () => {
  assert.equal(stateText(makeRun({ state: "connecting", is_loading: true })), "Loading the recogniser");
  assert.equal(stateText(makeRun({ state: "connecting" })), "Connecting");
  const retry = { attempt: 2, attempts: 5, delay: 4, reason: "the network is down" };
  const run = makeRun({ state: "reconnecting", retry });
  assert.equal(retryText(run, 3.2), "attempt 2 of 5 in 4 s");
  assert.equal(retryText(run, -1), "attempt 2 of 5 now");
  assert.equal(retryText(makeRun(), 3), "");
});
