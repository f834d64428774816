// A transcript as the texts of files, without a kernel: plain, with times, SRT, WebVTT, CSV, JSON. No DOM.

import { sentenceText } from "./words.js";

/** @import { Word } from "../messages.js" */
/** @import { Transcript } from "./transcript.js" */
/** @import { Sentence } from "./words.js" */
/** @typedef {{ start: number, end: number, text: string }} Cue a subtitle */
/** @typedef {{ suffix: string, name: string, mime: string, write: (transcript: Transcript) => string }} TextFormat */

const CUE_CHARACTERS = 84; // two lines of 42, as subtitles have them
const CUE_SECONDS = 7;
const COLUMNS = ["sentence_id", "text", "punctuation", "start", "end", "confidence", "speaker", "is_final"];

/** @type {TextFormat[]} */
export const TEXT_FORMATS = [
  { suffix: ".txt", name: "plain text", mime: "text/plain", write: toLines },
  { suffix: ".srt", name: "subtitles", mime: "application/x-subrip", write: toSrt },
  { suffix: ".vtt", name: "subtitles for the web", mime: "text/vtt", write: toVtt },
  { suffix: ".csv", name: "table of words", mime: "text/csv", write: toCsv },
  { suffix: ".json", name: "sentences and words", mime: "application/json", write: toJson },
];

/**
 * The text as it runs, on one line.
 * @param {Transcript} transcript
 */
export function toText({ order }) {
  return order.map(({ separator, words }) => separator + sentenceText(words)).join("").trim();
}

/**
 * One line a sentence.
 * @param {Transcript} transcript
 */
export function toLines({ order }) {
  return lines(order.map(textOf));
}

/**
 * One line a sentence, each with the time at which it begins, and its speaker.
 * @param {Transcript} transcript
 */
export function toTimedLines({ order }) {
  const nameOf = (/** @type {Sentence} */ { speaker }) => (speaker ? `${speaker}: ` : "");
  return lines(order.map((sentence) => `[${stamp(sentence.start, ".").slice(0, -2)}] ${nameOf(sentence)}${textOf(sentence)}`));
}

/** @param {Transcript} transcript */
function toSrt({ order }) {
  const cues = order.flatMap(cuesOf);
  return cues.map(({ start, end, text }, i) => `${i + 1}\n${stamp(start, ",")} --> ${stamp(end, ",")}\n${text}\n\n`).join("");
}

/** @param {Transcript} transcript */
function toVtt({ order }) {
  const escaped = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const cues = order.flatMap(cuesOf);
  const texts = cues.map(({ start, end, text }) => `${stamp(start, ".")} --> ${stamp(end, ".")}\n${escaped(text)}\n\n`);
  return `WEBVTT\n\n${texts.join("")}`;
}

/**
 * One row a word; the columns are those of `run.words_raw`. A byte order mark lets spreadsheets see that it is UTF-8.
 * @param {Transcript} transcript
 */
function toCsv({ order }) {
  const rows = order.flatMap(({ id, is_final, speaker = "", words }) =>
    words.map(({ text, punctuation, start, end, confidence }) =>
      [id, text, punctuation, rounded(start).toFixed(3), rounded(end).toFixed(3), confidence ?? "", speaker, is_final],
    ),
  );
  return `\ufeff${[COLUMNS, ...rows].map((row) => `${row.map(csvField).join(",")}\r\n`).join("")}`;
}

/** @param {Transcript} transcript */
function toJson({ run, order, gaps }) {
  const sentences = order.map((sentence) => ({
    id: sentence.id,
    text: textOf(sentence),
    start: rounded(sentence.start),
    end: rounded(sentence.end),
    words: sentence.words.map(({ text, punctuation, start, end, confidence }) => (
      { text, punctuation, start: rounded(start), end: rounded(end), confidence }
    )),
  }));
  const { clip = null, sent_until: duration = 0 } = run ?? {};
  const parts = gaps.map(({ start, end }) => ({ start: rounded(start), end: rounded(end) }));
  return `${JSON.stringify({ version: 1, clip, duration: rounded(duration), gaps: parts, sentences }, null, 1)}\n`;
}

/** @param {Sentence} sentence */
function textOf({ words }) {
  return sentenceText(words).trim();
}

/**
 * The subtitles of a sentence: one, or several where it is long.
 * @param {Sentence} sentence
 * @returns {Cue[]}
 */
function cuesOf({ words }) {
  /** @type {Word[][]} */
  const parts = [];
  for (const word of words) {
    const part = parts.at(-1);
    const isFull =
      !part || sentenceText([...part, word]).trim().length > CUE_CHARACTERS || word.end - part[0].start > CUE_SECONDS;
    if (isFull) parts.push([word]);
    else part.push(word);
  }
  return parts.map((part) => ({
    start: part[0].start,
    end: Math.max(...part.map(({ end }) => end)),
    text: sentenceText(part).trim(),
  }));
}

/**
 * A time as subtitles write it: 0:01:02 and a half is "00:01:02.500".
 * @param {number} seconds
 * @param {string} point
 */
function stamp(seconds, point) {
  const ms = Math.round(seconds * 1000);
  const parts = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60].map((part) => String(Math.floor(part)).padStart(2, "0"));
  return `${parts.join(":")}${point}${String(ms % 1000).padStart(3, "0")}`;
}

/** @param {unknown} value */
function csvField(value) {
  const text = String(value);
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {string[]} texts */
function lines(texts) {
  return texts.map((text) => `${text}\n`).join("");
}

/** @param {number} seconds */
function rounded(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
