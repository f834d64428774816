// The texts of the view: states, counts, times, and what is shown where there are no words.

import { DOUBTFUL_BELOW } from "../messages.js";
import { clock } from "../model/scale.js";
import { translate, translateKnown } from "../model/language.js";

/** @import { GapSpan, RunState, RunStateName, Word } from "../messages.js" */
/** @import { Text } from "../model/language.js" */
/** @import { Selection } from "../model/cursor.js" */
/** @import { Details } from "../model/word_details.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Transcript } from "../model/transcript.js" */

export const NO_KERNEL = "No kernel is connected: run the cell again to see the words live.";
export const STOP_UNREAD =
  "The kernel is busy with a cell, and stops the run when that ends. To stop now, interrupt the kernel (■ in the toolbar).";
const NUMBER = new Intl.NumberFormat("en");
const MOST_GAPS = 3; // that are listed, the newest ones
const LONG_WORD = 40; // characters; of a longer word only these are repeated
const SHORT_SECONDS = 2; // of a window, below which its ends are given to a millisecond
const LONG_SECONDS = 600; // from here on tenths of a second are left out

/** @type {Details} */
const UNKNOWN = { original: "", revisions: [] };

/** @type {Record<RunStateName, Text>} */
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
  return translate(STATE_NAMES[state]);
}

/**
 * The state, and what is waited for.
 * @param {RunState} run
 */
export function stateText(run) {
  return run.is_loading ? translate("Loading the recogniser") : stateName(run.state);
}

/**
 * Which attempt is made to connect, and when.
 * @param {RunState} run
 * @param {number} left seconds until then
 */
export function retryText({ retry }, left) {
  if (!retry) return "";
  const { attempt, attempts } = retry;
  if (left > 0) return translate("attempt {0} of {1} in {2} s", attempt, attempts, Math.ceil(left));
  return translate("attempt {0} of {1} now", attempt, attempts);
}

/** @param {number} count */
export function countWords(count) {
  return count === 1 ? translate("1 word") : translate("{0} words", NUMBER.format(count));
}

/**
 * The text that is shown while there are no words.
 * @param {RunStateName} state
 */
export function emptyText(state) {
  if (state === "finished") return translate("No speech was found.");
  if (state === "stopped") return translate("Stopped before the first word.");
  if (state === "failed") return translate("No words were recognised before the run failed.");
  return translate("Words appear here as they are recognised.");
}

/**
 * The names of the service and the model, as far as known.
 * @param {RunState} run
 */
export function servedBy(run) {
  return [translateKnown(run.service), run.model].filter(Boolean).join(" · ");
}

/**
 * What ended the run, and what was not recognised.
 * @param {RunState} run
 * @param {GapSpan[]} gaps
 */
export function messageText({ message, missing, state, whole }, gaps) {
  if (missing > 0) return [message, translate("{0} s of {1} s were not recognised.", missing.toFixed(1), whole.toFixed(1))].filter(Boolean).join(" ");
  const newest = state === "failed" ? [] : gaps.slice(-MOST_GAPS);
  const texts = newest.map(({ start, end, reason }) =>
    translate("{0}–{1} s were not recognised: {2}.", start.toFixed(1), end.toFixed(1), translateKnown(reason)));
  return [...texts, message].filter(Boolean).join(" ");
}

/** @param {RunState} run */
export function progressText(run) {
  return translate("sent {0} · final {1}", seconds(run.sent_until), seconds(run.final_until));
}

/**
 * How much of the clip was sent, and of how much; once that does not grow any more, the one time.
 * @param {RunState} run
 */
export function clockText(run) {
  const decimals = Math.max(run.sent_until, run.end ?? 0) < LONG_SECONDS ? 1 : 0;
  const sent = clock(run.sent_until, decimals);
  return run.end === null || run.has_ended ? sent : `${sent} / ${clock(run.end, decimals)}`;
}

/** @param {number} position */
function seconds(position) {
  return position < LONG_SECONDS ? translate("{0} s", position.toFixed(1)) : clock(position, 0);
}

/**
 * Describes the picture.
 * @param {RunState} run
 * @param {number} count of words
 * @param {TimeWindow} window
 */
export function describePicture(run, count, window) {
  const clip = run.clip ? translate("Timeline of {0}", run.clip) : translate("Timeline");
  const decimals = window.span < SHORT_SECONDS ? 3 : 1;
  const [start, end] = [clock(window.start, decimals), clock(window.start + window.span, decimals)];
  return translate("{0}: {1}, {2}. Shows {3} to {4}.", clip, stateName(run.state).toLowerCase(), countWords(count), start, end);
}

/**
 * Describes the focused word.
 * @param {Word} word
 * @param {string} [speaker]
 * @param {Details} [details]
 */
export function describeFocus({ text, punctuation, start, end, confidence, is_edited }, speaker = "", details = UNKNOWN) {
  const sure = is_edited ? correctedText(details) : confidence === null ? "" : translate("confidence {0}", confidence.toFixed(2));
  const short = text.length > LONG_WORD ? `${[...text].slice(0, LONG_WORD).join("")}…` : text + punctuation;
  const parts = [isolated(short), `${clock(start, 2)}–${clock(end, 2)}`, sure, revisedText(details), speakerText(speaker)];
  return parts.filter(Boolean).join(" · ");
}

/**
 * All that is known of a word beside its text, in lines.
 * @param {Word} word
 * @param {string} speaker
 * @param {Details} details
 */
export function describeDetails({ start, end, confidence, is_edited }, speaker, details) {
  const doubt = confidence !== null && confidence < DOUBTFUL_BELOW ? "confidence {0}, doubtful" : "confidence {0}";
  const sure = confidence === null ? "" : translate(doubt, confidence.toFixed(2));
  const span = `${clock(start, 2)}–${clock(end, 2)} · ${translate("{0} s", (end - start).toFixed(2))}`;
  return [span, sure, is_edited ? correctedText(details) : "", revisedText(details), speakerText(speaker)].filter(Boolean);
}

/** @param {Details} details */
function correctedText({ original }) {
  return original ? translate("corrected, recognised as {0}", isolated(original)) : translate("corrected");
}

/**
 * How the recogniser revised the word: all texts that it gave, as in "revised: wood → would".
 * @param {Details} details
 */
function revisedText({ revisions }) {
  return revisions.length > 1 ? translate("revised: {0}", revisions.map(isolated).join(" → ")) : "";
}

/** @param {string} speaker */
function speakerText(speaker) {
  return speaker && translate("speaker {0}", isolated(speaker));
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
  return translate("selected {0}–{1} s · {2}", start.toFixed(2), end.toFixed(2), countWords(last - first));
}
