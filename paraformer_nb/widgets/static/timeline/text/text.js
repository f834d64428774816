// The texts of the view: states, counts, times, and what is shown where there are no words.

import { DOUBTFUL_BELOW } from "../messages.js";
import { clock } from "../model/scale.js";

/** @import { RunState, RunStateName, Word } from "../messages.js" */
/** @import { Selection } from "../model/cursor.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Transcript } from "../model/transcript.js" */

export const NO_KERNEL = "No kernel is connected: run the cell again to see the words live.";
export const STOP_UNREAD =
  "The kernel is busy with a cell, and stops the run when that ends. To stop now, interrupt the kernel (■ in the toolbar).";
const NUMBER = new Intl.NumberFormat("en");
const LONG_WORD = 40; // characters; of a longer word only these are repeated
const LONG_SECONDS = 600; // from here on tenths of a second are left out

/** @type {Record<RunStateName, string>} */
const STATE_NAMES = {
  connecting: "Connecting",
  streaming: "Streaming",
  finishing: "Finishing",
  reconnecting: "Reconnecting",
  finished: "Finished",
  stopped: "Stopped",
  failed: "Failed",
};

/** @param {RunStateName} state */
export function stateName(state) {
  return STATE_NAMES[state];
}

/**
 * The state, and what is waited for.
 * @param {RunState} run
 */
export function stateText(run) {
  return run.is_loading ? "Loading the recogniser" : stateName(run.state);
}

/**
 * Which attempt is made to connect, and when.
 * @param {RunState} run
 * @param {number} left seconds until then
 */
export function retryText({ retry }, left) {
  if (!retry) return "";
  const when = left > 0 ? `in ${Math.ceil(left)} s` : "now";
  return `attempt ${retry.attempt} of ${retry.attempts} ${when}`;
}

/** @param {number} count */
export function countWords(count) {
  return count === 1 ? "1 word" : `${NUMBER.format(count)} words`;
}

/**
 * The text that is shown while there are no words.
 * @param {RunStateName} state
 */
export function emptyText(state) {
  if (state === "finished") return "No speech was found.";
  if (state === "stopped") return "Stopped before the first word.";
  if (state === "failed") return "No words were recognised before the run failed.";
  return "Words appear here as they are recognised.";
}

/**
 * The names of the service and the model, as far as known.
 * @param {RunState} run
 */
export function servedBy(run) {
  return [run.service, run.model].filter(Boolean).join(" · ");
}

/** @param {RunState} run */
export function progressText(run) {
  return `sent ${seconds(run.sent_until)} · final ${seconds(run.final_until)}`;
}

/** @param {RunState} run */
export function clockText(run) {
  const decimals = Math.max(run.sent_until, run.end ?? 0) < LONG_SECONDS ? 1 : 0;
  const sent = clock(run.sent_until, decimals);
  return run.end === null ? sent : `${sent} / ${clock(run.end, decimals)}`;
}

/** @param {number} position */
function seconds(position) {
  return position < LONG_SECONDS ? `${position.toFixed(1)} s` : clock(position, 0);
}

/**
 * Describes the picture.
 * @param {RunState} run
 * @param {number} count of words
 * @param {TimeWindow} window
 */
export function describePicture(run, count, window) {
  const shown = `${clock(window.start, 1)} to ${clock(window.start + window.span, 1)}`;
  const clip = run.clip ? `Timeline of ${run.clip}` : "Timeline";
  return `${clip}: ${stateName(run.state).toLowerCase()}, ${countWords(count)}. Shows ${shown}.`;
}

/**
 * Describes the focused word.
 * @param {Word} word
 * @param {string} [speaker]
 * @param {string} [original] what was recognised, where that is another text
 */
export function describeFocus({ text, punctuation, start, end, confidence, is_edited }, speaker = "", original = "") {
  const corrected = original ? `corrected, recognised as ${isolated(original)}` : "corrected";
  const sure = is_edited ? corrected : confidence === null ? "" : `confidence ${confidence.toFixed(2)}`;
  const short = text.length > LONG_WORD ? `${[...text].slice(0, LONG_WORD).join("")}…` : text + punctuation;
  return [isolated(short), `${clock(start, 2)}–${clock(end, 2)}`, sure, speaker && `speaker ${isolated(speaker)}`].filter(Boolean).join(" · ");
}

/**
 * All that is known of a word beside its text, in lines.
 * @param {Word} word
 * @param {string} speaker
 * @param {string} original what was recognised, where that is another text
 */
export function describeDetails({ start, end, confidence, is_edited }, speaker, original) {
  const sure = confidence === null ? "" : `confidence ${confidence.toFixed(2)}${confidence < DOUBTFUL_BELOW ? ", doubtful" : ""}`;
  const corrected = is_edited ? (original ? `corrected; recognised as ${isolated(original)}` : "corrected") : "";
  const span = `${clock(start, 2)}–${clock(end, 2)} · ${(end - start).toFixed(2)} s`;
  return [span, sure, corrected, speaker && `speaker ${isolated(speaker)}`].filter(Boolean);
}

/**
 * Isolates a text that may run from right to left from the text beside it.
 * @param {string} text
 */
export function isolated(text) {
  return `\u2068${text}\u2069`;
}

/**
 * Describes the selection; an empty text where there is none.
 * @param {Selection | null} selection
 * @param {Transcript} transcript
 */
export function selectionText(selection, { words }) {
  if (!selection) return "";
  const [start, end] = selection;
  const [first, last] = words.between(start, end);
  return `selected ${start.toFixed(2)}–${end.toFixed(2)} s · ${countWords(last - first)}`;
}
