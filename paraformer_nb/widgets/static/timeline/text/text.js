// What the view says in words: states, counts, sentences, what stands where no words are.

import { clock } from "../run/scale.js";

/** @import { Run, RunState } from "../run/store.js" */
/** @import { TimeWindow } from "../run/scale.js" */
/** @import { Selection } from "../run/cursor.js" */
/** @import { Store } from "../run/store.js" */
/** @import { Word } from "../run/words.js" */

export const NO_KERNEL = "No kernel is connected: run the cell again to see the words live.";
export const STOP_UNHEARD =
  "The kernel is busy with a cell and will hear Stop when that ends. To stop now, interrupt the kernel (■ in the toolbar).";
const NUMBER = new Intl.NumberFormat("en");
const LONG_WORD = 40; // characters; of a longer one only these are repeated
const LONG_SECONDS = 600; // from which tenths of a second are no longer of interest

/** @type {Record<RunState, string>} */
const STATE_NAMES = {
  connecting: "Connecting",
  streaming: "Streaming",
  finishing: "Finishing",
  reconnecting: "Reconnecting",
  finished: "Finished",
  stopped: "Stopped",
  failed: "Failed",
};

// Scripts written without spaces between words: CJK, kana, full-width forms.
const UNSPACED = /^[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/u;

/** @param {RunState} state */
export function stateName(state) {
  return STATE_NAMES[state];
}

/** @param {Word[]} words */
export function sentenceText(words) {
  return words.map(([text, punctuation, , , , space], i) => (space && i ? " " : "") + text + punctuation).join("");
}

/**
 * What stands between a sentence and the one before it.
 * @param {Word[]} words
 */
export function separatorBefore(words) {
  return words.length && UNSPACED.test(words[0][0]) ? "" : " ";
}

/** @param {number} count */
export function countWords(count) {
  return count === 1 ? "1 word" : `${NUMBER.format(count)} words`;
}

/**
 * What stands in the transcript's place while there are no words.
 * @param {RunState} state
 */
export function emptyText(state) {
  if (state === "finished") return "No speech was found.";
  if (state === "stopped") return "Stopped before the first word.";
  if (state === "failed") return "No words came before the run failed.";
  return "Words appear here as they are heard.";
}

/**
 * The service's and the model's names, those that are known.
 * @param {Run} run
 */
export function servedBy(run) {
  return [run.service, run.model].filter(Boolean).join(" · ");
}

/** @param {Run} run */
export function progressText(run) {
  return `sent ${position(run.sent)} · settled ${position(run.settled)}`;
}

/** @param {Run} run */
export function clockText(run) {
  const decimals = Math.max(run.sent, run.duration ?? 0) < LONG_SECONDS ? 1 : 0;
  const sent = clock(run.sent, decimals);
  return run.duration === null ? sent : `${sent} / ${clock(run.duration, decimals)}`;
}

/** @param {number} seconds */
function position(seconds) {
  return seconds < LONG_SECONDS ? `${seconds.toFixed(1)} s` : clock(seconds, 0);
}

/**
 * The picture in words.
 * @param {Run} run
 * @param {number} count of words
 * @param {TimeWindow} window
 */
export function describePicture(run, count, window) {
  const shown = `${clock(window.start, 1)} to ${clock(window.start + window.span, 1)}`;
  const clip = run.clip ? `Timeline of ${run.clip}` : "Timeline";
  return `${clip}: ${stateName(run.state).toLowerCase()}, ${countWords(count)}. Shows ${shown}.`;
}

/**
 * The focused word in words.
 * @param {Word} word
 */
export function describeFocus([text, punctuation, start, end, confidence, , isEdited]) {
  const sure = isEdited ? "corrected" : confidence === null ? "" : `confidence ${confidence.toFixed(2)}`;
  const short = text.length > LONG_WORD ? `${[...text].slice(0, LONG_WORD).join("")}…` : text + punctuation;
  return [isolated(short), `${clock(start, 2)}–${clock(end, 2)}`, sure].filter(Boolean).join(" · ");
}

/**
 * A text that may run the other way, kept apart from what stands beside it.
 * @param {string} text
 */
export function isolated(text) {
  return `\u2068${text}\u2069`;
}

/**
 * What is selected, or nothing.
 * @param {Selection | null} selection
 * @param {Store} store
 */
export function selectionText(selection, { words }) {
  if (!selection) return "";
  const [first, last] = words.between(...selection);
  return `selected ${selection[0].toFixed(2)}–${selection[1].toFixed(2)} s · ${countWords(last - first)}`;
}
