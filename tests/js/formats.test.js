// The files that are made without a kernel.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { TEXT_FORMATS, toLines, toText, toTimedLines } from "../../paraformer_nb/widgets/static/timeline/model/formats.js";
import { Transcript } from "../../paraformer_nb/widgets/static/timeline/model/transcript.js";
import { makeRun, makeSentence, makeUpdate, makeWord } from "./fixtures.js";

/** @type {Transcript} */
let transcript;

beforeEach(() => {
  transcript = new Transcript();
  const second = { ...makeSentence(2, 3661.0415, "x"), words: [makeWord('a "b",', 3661.0415, 3662, { separator: "", punctuation: "<&" })] };
  const sentences = [{ ...makeSentence(1, 1, "good morning"), separator: "", speaker: "Ann" }, second];
  transcript.apply(makeUpdate(1, { run: makeRun({ clip: "a.wav", sent_until: 3700 }), sentences, gaps: [{ start: 5, end: 6, reason: "x" }] }), [], 0);
});

/** @param {string} suffix */
function written(suffix) {
  const format = TEXT_FORMATS.find((each) => each.suffix === suffix);
  assert.ok(format);
  return format.write(transcript);
}

test("plain text is one line, or one line a sentence, with times or without", () => {
  assert.equal(toText(transcript), 'good morning a "b",<&');
  assert.equal(toLines(transcript), 'good morning\na "b",<&\n');
  assert.equal(toTimedLines(transcript), '[00:00:01.0] Ann: good morning\n[01:01:01.0] a "b",<&\n');
});

test("subtitles have whole milliseconds, and WebVTT escapes what would be markup", () => {
  assert.equal(
    written(".srt"),
    '1\n00:00:01,000 --> 00:00:01,900\ngood morning\n\n2\n01:01:01,042 --> 01:01:02,000\na "b",<&\n\n',
  );
  assert.match(written(".vtt"), /^WEBVTT\n\n00:00:01\.000 --> 00:00:01\.900\ngood morning\n\n/u);
  assert.match(written(".vtt"), /a "b",&lt;&amp;\n\n$/u);
});

test("a long sentence becomes several subtitles, of at most two lines and seven seconds", () => {
  transcript = new Transcript();
  const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");
  transcript.apply(makeUpdate(1, { run: makeRun(), sentences: [makeSentence(1, 0, words)] }), [], 0);
  const cues = written(".srt").trim().split("\n\n").map((cue) => cue.split("\n"));
  assert.ok(cues.length > 3);
  for (const [, times, text] of cues) {
    assert.ok(text.length <= 84);
    const [from, to] = times.split(" --> ").map((time) => Number(time.slice(6).replace(",", ".")) + 60 * Number(time.slice(3, 5)));
    assert.ok(to - from <= 7 && to > from);
  }
  assert.equal(cues.map(([, , text]) => text).join(" "), words);
});

test("a table quotes its fields, and JSON has all times", () => {
  const rows = written(".csv").split("\r\n");
  assert.equal(rows[0], "\ufeffsentence_id,text,punctuation,start,end,confidence,speaker,is_final");
  assert.equal(rows[3], '2,"a ""b"",",<&,3661.042,3662.000,,,true');
  const json = JSON.parse(written(".json"));
  assert.equal(json.clip, "a.wav");
  assert.deepEqual(json.gaps, [{ start: 5, end: 6 }]);
  assert.equal(json.sentences[0].words[1].text, "morning");
});

test("an empty transcript makes empty files that are valid", () => {
  transcript = new Transcript();
  assert.equal(written(".txt"), "");
  assert.equal(written(".vtt"), "WEBVTT\n\n");
  assert.deepEqual(JSON.parse(written(".json")).sentences, []);
});
