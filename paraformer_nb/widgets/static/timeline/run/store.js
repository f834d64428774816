// What is known of one run: the fold of the kernel's updates. No DOM, no timers.

import { Peaks } from "./peaks.js";
import { WordTable } from "./words.js";

/** @import { Sentence, Word } from "./words.js" */
/** @typedef {"connecting" | "streaming" | "finishing" | "reconnecting" | "finished" | "stopped" | "failed"} RunState */
/**
 * @typedef {object} Run
 * @property {RunState} state
 * @property {string} clip
 * @property {string} service
 * @property {string} model
 * @property {string} notice
 * @property {string} message
 * @property {number} start
 * @property {number | null} duration the end of the part being transcribed, on the clip's time line
 * @property {number} sent
 * @property {number} settled
 * @property {boolean} can_stop
 * @property {{ mime: string, windowSeconds: number }} sound how windows of it come
 * @property {boolean} can_edit
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 */
/** @typedef {[start: number, end: number, reason: string]} Gap */
/** @typedef {[time: number, reason: string]} Mark where a run went on after its connection was lost */
/** @typedef {{ name: string, spans: [start: number, end: number, label: string][], reach: number[] }} Layer by start; `reach` is the latest end up to each */
/**
 * @typedef {object} Update
 * @property {"update"} kind
 * @property {number} seq
 * @property {boolean} [reset]
 * @property {Run} [run]
 * @property {Sentence[]} [sentences]
 * @property {number[]} [removed]
 * @property {Gap[]} [gaps]
 * @property {Mark[]} [resumes]
 * @property {{ name: string, spans: Layer["spans"] }[]} [layers]
 * @property {{ position: number, step: number, bins: number }} [peaks]
 */
/** @typedef {{ reset: boolean, sentences: number[], removed: number[] }} Change */

// Below this much wall time a pace is noise; above this pace the words lag the audio, not the speaker.
const PACE_SECONDS = 0.5;
const REAL_TIME = 1.5;
const AHEAD = 0.35; // of a window, kept free after the newest words where the audio is further on

/** @param {RunState} state */
export function isTerminal(state) {
  return state === "finished" || state === "stopped" || state === "failed";
}

export class Store {
  /** @type {Run | null} */
  run = null;
  /** Another number whenever anything has changed. */
  version = 0;
  /** @type {Map<number, Sentence>} */
  sentences = new Map();
  /** @type {Sentence[]} by start */
  order = [];
  /** @type {Gap[]} */
  gaps = [];
  /** @type {Mark[]} */
  resumes = [];
  /** @type {Layer[]} */
  layers = [];
  peaks = new Peaks();
  words = new WordTable();
  /** @type {{ at: number, sent: number } | null} */
  #paceFrom = null;
  /** @type {boolean | null} whether audio goes out about as fast as it sounds; null: not known yet */
  #realTime = null;

  /**
   * Takes one update in; says what it touched.
   * @param {Update} update
   * @param {DataView[]} buffers
   * @param {number} now seconds, any origin
   * @returns {Change}
   */
  apply(update, buffers, now) {
    this.version++;
    const { sentences = [], removed = [], peaks } = update;
    if (update.run) this.#takeRun(update.run, now);
    let from = this.order.length;
    for (const id of removed) from = Math.min(from, this.#remove(id));
    for (const sentence of sentences) from = Math.min(from, this.#put(sentence));
    if (sentences.length || removed.length) this.words.rewrite(this.order, from);
    if (update.gaps) this.gaps = update.gaps;
    if (update.resumes) this.resumes = update.resumes;
    if (update.layers) this.layers = update.layers.map(withReach);
    if (peaks && buffers[0]) this.peaks.write(peaks.position, peaks.step, buffers[0]);
    return { reset: update.reset === true, sentences: sentences.map(({ id }) => id), removed };
  }

  /**
   * Takes a correction in before the kernel has said so; its word will stand in this one's place.
   * @param {Sentence} sentence
   * @param {Word[]} words
   * @returns {Change}
   */
  correct(sentence, words) {
    this.version++;
    const { id } = sentence;
    const start = Math.min(...words.map((word) => word[2]));
    const end = Math.max(...words.map((word) => word[3]));
    const from = words.length ? this.#put({ ...sentence, start, end, words }) : this.#remove(id);
    this.words.rewrite(this.order, from);
    return { reset: false, sentences: words.length ? [id] : [], removed: words.length ? [] : [id] };
  }

  /** The clip's part that there is to see, as [start, end]; grows while its end is not known. */
  get extent() {
    const start = this.run?.start ?? 0;
    const end = Math.max(start, this.run?.duration ?? 0, this.audioEnd, this.words.end ?? 0);
    return { start, end };
  }

  /** The time up to which audio was sent. */
  get audioEnd() {
    return Math.max(this.run?.start ?? 0, this.run?.sent ?? 0, this.peaks.end);
  }

  /**
   * The time that should be at the right edge of a window that follows. In real time that is the newest
   * audio. Where a whole clip was sent at once it is a little after the newest words: those are the news.
   * @param {number} span of the window
   */
  newest(span) {
    const words = this.words.end ?? this.run?.start ?? 0;
    if (!this.#isAhead) return Math.max(this.audioEnd, words);
    return Math.max(words, Math.min(this.audioEnd, words + AHEAD * span));
  }

  get #isAhead() {
    if (this.#realTime !== null) return !this.#realTime;
    return this.run !== null && (this.run.state === "finishing" || isTerminal(this.run.state));
  }

  /**
   * @param {Run} run
   * @param {number} now
   */
  #takeRun(run, now) {
    this.run = run;
    this.#paceFrom ??= { at: now, sent: run.sent };
    const seconds = now - this.#paceFrom.at;
    if (run.state !== "streaming" || seconds < PACE_SECONDS) return;
    this.#realTime = run.sent - this.#paceFrom.sent < REAL_TIME * seconds;
  }

  /**
   * Puts a sentence in its place; gives the first place in the order that changed.
   * @param {Sentence} sentence
   */
  #put(sentence) {
    const old = this.sentences.get(sentence.id);
    this.sentences.set(sentence.id, sentence);
    if (old && old.start === sentence.start) {
      const place = this.order.lastIndexOf(old);
      this.order[place] = sentence;
      return place;
    }
    const left = old ? this.#takeOut(old) : this.order.length;
    // Almost always the newest sentence goes last, so look from the end.
    let place = this.order.length;
    while (place > 0 && this.order[place - 1].start > sentence.start) place--;
    this.order.splice(place, 0, sentence);
    return Math.min(left, place);
  }

  /** @param {number} id */
  #remove(id) {
    const old = this.sentences.get(id);
    this.sentences.delete(id);
    return old ? this.#takeOut(old) : this.order.length;
  }

  /** @param {Sentence} sentence */
  #takeOut(sentence) {
    const place = this.order.lastIndexOf(sentence);
    this.order.splice(place, 1);
    return place;
  }
}

/**
 * @param {{ name: string, spans: Layer["spans"] }} layer
 * @returns {Layer}
 */
function withReach({ name, spans }) {
  let latest = -Infinity;
  return { name, spans, reach: spans.map(([, end]) => (latest = Math.max(latest, end))) };
}
