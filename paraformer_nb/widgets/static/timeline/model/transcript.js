// What is known of one run: the fold of the kernel's updates. No DOM, no timers.

import { readWord } from "../messages.js";
import { Peaks } from "./peaks.js";
import { WordTable } from "./words.js";

/** @import { GapSpan, Layer, LayerSpan, ResumeMark, RunState, SentenceData, Update, Word } from "../messages.js" */
/** @import { Sentence } from "./words.js" */
/** @typedef {Layer & { maxEnds: number[] }} IndexedLayer `maxEnds` has the latest end up to each span */
/** @typedef {{ reset: boolean, sentences: number[], removed: number[], from: number }} Change ids of what an update touched; the first index in the order that it touched */

// Over less wall time than this a pace is noise; above this pace the words are behind the audio, not the speaker.
const PACE_SECONDS = 0.5;
const REAL_TIME = 1.5;
const AHEAD = 0.35; // of a window, kept free after the newest words where the audio is further on

export class Transcript {
  /** @type {RunState | null} null: no update was received */
  run = null;
  /** Increases with every change. */
  version = 0;
  /** @type {Map<number, Sentence>} by id */
  sentences = new Map();
  /** @type {Sentence[]} by start */
  order = [];
  /** @type {GapSpan[]} */
  gaps = [];
  /** @type {ResumeMark[]} */
  resumes = [];
  /** @type {IndexedLayer[]} */
  layers = [];
  /** What a person marked, by start. @type {LayerSpan[]} */
  regions = [];
  peaks = new Peaks();
  words = new WordTable();
  /** @type {{ time: number, sentUntil: number } | null} */
  #paceFrom = null;
  /** @type {boolean | null} whether audio is sent about as fast as it sounds; null: not known yet */
  #isRealTime = null;

  /**
   * Applies one update.
   * @param {Update} update
   * @param {DataView[]} buffers
   * @param {number} now seconds, any origin
   * @returns {Change}
   */
  apply(update, buffers, now) {
    this.version++;
    const { sentences = [], removed = [], waveform } = update;
    if (update.run) this.#updateRun(update.run, now);
    let from = this.order.length;
    for (const id of removed) from = Math.min(from, this.#remove(id));
    for (const data of sentences) from = Math.min(from, this.#put(readSentence(data)));
    if (sentences.length || removed.length) this.words.rewrite(this.order, from);
    if (update.gaps) this.gaps = update.gaps;
    if (update.resumes) this.resumes = update.resumes;
    if (update.regions) this.regions = update.regions;
    if (update.layers) this.layers = update.layers.map(withMaxEnds);
    if (waveform && buffers[0]) this.peaks.write(waveform.position, waveform.step, buffers[0]);
    return { reset: update.reset === true, sentences: sentences.map(({ id }) => id), removed, from };
  }

  /**
   * Shows a correction before the kernel has answered; the kernel's sentence will replace this one.
   * @param {Sentence} sentence
   * @param {Word[]} words
   * @returns {Change}
   */
  correct(sentence, words) {
    this.version++;
    const { id } = sentence;
    const start = Math.min(...words.map((word) => word.start));
    const end = Math.max(...words.map((word) => word.end));
    const from = words.length ? this.#put({ ...sentence, start, end, words }) : this.#remove(id);
    this.words.rewrite(this.order, from);
    return { reset: false, sentences: words.length ? [id] : [], removed: words.length ? [] : [id], from };
  }

  /** The part of the clip that can be seen; grows while its end is not known. */
  get extent() {
    const start = this.run?.start ?? 0;
    const end = Math.max(start, this.run?.end ?? 0, this.audioEnd, this.words.end ?? 0);
    return { start, end };
  }

  /** The position up to which audio was sent. */
  get audioEnd() {
    return Math.max(this.run?.start ?? 0, this.run?.sent_until ?? 0, this.peaks.end);
  }

  /**
   * The position that should be at the right edge of a window that follows. In real time that is the newest
   * audio. Where a whole clip was sent at once it is a little after the newest words: those are the news.
   * @param {number} span of the window
   */
  newest(span) {
    const words = this.words.end ?? this.run?.start ?? 0;
    if (!this.#isAhead) return Math.max(this.audioEnd, words);
    return Math.max(words, Math.min(this.audioEnd, words + AHEAD * span));
  }

  get #isAhead() {
    if (this.#isRealTime !== null) return !this.#isRealTime;
    return this.run !== null && (this.run.state === "finishing" || this.run.has_ended);
  }

  /**
   * @param {RunState} run
   * @param {number} now
   */
  #updateRun(run, now) {
    this.run = run;
    this.#paceFrom ??= { time: now, sentUntil: run.sent_until };
    const seconds = now - this.#paceFrom.time;
    if (run.state !== "streaming" || seconds < PACE_SECONDS) return;
    this.#isRealTime = run.sent_until - this.#paceFrom.sentUntil < REAL_TIME * seconds;
  }

  /**
   * Inserts a sentence, or replaces the one of its id. Returns the first index in the order that changed.
   * @param {Sentence} sentence
   */
  #put(sentence) {
    const old = this.sentences.get(sentence.id);
    this.sentences.set(sentence.id, sentence);
    if (old && old.start === sentence.start) {
      const index = this.order.lastIndexOf(old);
      this.order[index] = sentence;
      return index;
    }
    const removedAt = old ? this.#removeFromOrder(old) : this.order.length;
    // The newest sentence is almost always the last one, so search from the end.
    let index = this.order.length;
    while (index > 0 && this.order[index - 1].start > sentence.start) index--;
    this.order.splice(index, 0, sentence);
    return Math.min(removedAt, index);
  }

  /** @param {number} id */
  #remove(id) {
    const old = this.sentences.get(id);
    this.sentences.delete(id);
    return old ? this.#removeFromOrder(old) : this.order.length;
  }

  /** @param {Sentence} sentence */
  #removeFromOrder(sentence) {
    const index = this.order.lastIndexOf(sentence);
    this.order.splice(index, 1);
    return index;
  }
}

/**
 * @param {SentenceData} data
 * @returns {Sentence}
 */
function readSentence(data) {
  return { ...data, words: data.words.map(readWord) };
}

/**
 * @param {Layer} layer
 * @returns {IndexedLayer}
 */
function withMaxEnds({ name, spans }) {
  let latest = -Infinity;
  return { name, spans, maxEnds: spans.map(({ end }) => (latest = Math.max(latest, end))) };
}
