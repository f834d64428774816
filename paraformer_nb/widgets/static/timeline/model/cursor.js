// Where a person is in a run: the focused word, the selection, the playhead, what was searched for. One for
// all views of a run; selection and playhead are traits that Python reads and sets.

import { findAgain } from "./find.js";

/** @import { AnyModel } from "@anywidget/types" */
/** @import { Match } from "./find.js" */
/** @import { Change, Transcript } from "./transcript.js" */
/** @import { Sentence } from "./words.js" */
/** @typedef {[start: number, end: number]} Selection */
/** @typedef {{ selection: Selection, playhead: number, rewind: number, interface_language: string }} TimelineModel the synced traits of widgets/timeline.py; where both ends are equal nothing is selected; going on after a pause begins `rewind` seconds before it */
/** @typedef {{ index: number, sentence: Sentence, wordIndex: number }} FocusedWord its index of all words, its sentence, its index there */

const SAVE_MS = 100; // between two writes of a trait that moves
const SHORTEST_SELECTION = 0.01; // seconds; less is a drag back to where it began
/** @type {Selection} */
const NOTHING = [0, 0];
const SAME_POSITION = 0.001; // seconds

export class Cursor {
  /** The word that keys and buttons act on. @type {{ sentence: number, wordIndex: number } | null} */
  focus = null;
  /** The index of the region that is the selection: its edges are dragged as those of a selection; -1: none. */
  region = -1;
  /** The last search. @type {{ text: string, matches: Match[], current: number }} */
  found = { text: "", matches: [], current: -1 };
  #model;
  #onChange;
  #onSeek;
  #playhead;
  /** @type {Selection} */
  #selection;
  /** The traits as they were last written or received. @type {{ selection: Selection, playhead: number }} */
  #saved;
  #savedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saveTimer;

  /**
   * @param {AnyModel<TimelineModel>} model
   * @param {() => void} onChange
   * @param {(time: number) => void} onSeek when Python moved the playhead
   */
  constructor(model, onChange, onSeek) {
    this.#model = model;
    this.#onChange = onChange;
    this.#onSeek = onSeek;
    this.#playhead = model.get("playhead") ?? 0;
    this.#selection = model.get("selection") ?? NOTHING;
    this.#saved = { selection: this.#selection, playhead: this.#playhead };
    model.on("change:selection", this.#onSelection);
    model.on("change:playhead", this.#onPlayhead);
  }

  close() {
    clearTimeout(this.#saveTimer);
    this.#model.off("change:selection", this.#onSelection);
    this.#model.off("change:playhead", this.#onPlayhead);
  }

  /** @returns {Selection | null} */
  get selection() {
    return this.#selection[1] > this.#selection[0] ? this.#selection : null;
  }

  get playhead() {
    return this.#playhead;
  }

  /** Seconds by which playing begins earlier after a pause. */
  get rewind() {
    return this.#model.get("rewind") ?? 0;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  select(from, to) {
    const isNothing = Math.abs(to - from) < SHORTEST_SELECTION;
    this.#selection = isNothing ? NOTHING : [round(Math.min(from, to)), round(Math.max(from, to))];
    this.#save(true);
  }

  deselect() {
    this.region = -1;
    if (!this.selection) return;
    this.#selection = NOTHING;
    this.#save(false);
  }

  /**
   * @param {number} time
   * @param {boolean} isPlaying it moves by itself
   */
  movePlayhead(time, isPlaying = false) {
    if (time === this.#playhead && isPlaying) return;
    this.#playhead = time;
    this.#save(isPlaying);
  }

  /**
   * The focused word, as long as its sentence exists.
   * @param {Transcript} transcript
   * @returns {FocusedWord | null}
   */
  focusedWord(transcript) {
    const sentence = this.focus && transcript.sentences.get(this.focus.sentence);
    if (!this.focus || !sentence || sentence.words.length === 0) return null;
    const wordIndex = Math.min(this.focus.wordIndex, sentence.words.length - 1);
    return { index: transcript.words.firstOf(transcript.order.indexOf(sentence)) + wordIndex, sentence, wordIndex };
  }

  /**
   * @param {Transcript} transcript
   * @param {number} index of a word
   */
  focusOn(transcript, index) {
    const { order, words } = transcript;
    const sentenceIndex = words.sentenceOf(index);
    this.focus = { sentence: order[sentenceIndex].id, wordIndex: index - words.firstOf(sentenceIndex) };
    this.#onChange();
  }

  /**
   * Repeats the last search in what changed.
   * @param {Transcript} transcript
   * @param {Change} change
   */
  refind(transcript, { reset, from }) {
    const { text, matches, current } = this.found;
    if (text === "") return;
    const all = findAgain(transcript, text, reset ? [] : matches, reset ? 0 : from);
    const same = all.findIndex(({ start }) => start >= (matches[current]?.start ?? Infinity) - SAME_POSITION);
    this.found = { text, matches: all, current: all.length === 0 ? -1 : same < 0 ? all.length - 1 : same };
  }

  blur() {
    this.focus = null;
    this.#onChange();
  }

  /** @param {boolean} canWait what moves is written ten times a second */
  #save(canWait) {
    const wait = canWait ? this.#savedAt + SAVE_MS - Date.now() : 0;
    if (wait <= 0) this.#saveNow();
    else this.#saveTimer ??= setTimeout(() => this.#saveNow(), wait);
    this.#onChange();
  }

  #saveNow() {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    this.#savedAt = Date.now();
    const before = this.#saved;
    const isMoved = this.#playhead !== before.playhead; // Python may have set it finer than it is written here
    const playhead = isMoved ? round(this.#playhead) : before.playhead;
    this.#saved = { selection: this.#selection, playhead };
    if (playhead !== before.playhead) this.#model.set("playhead", playhead);
    if (this.#selection !== before.selection) this.#model.set("selection", this.#selection);
    this.#model.save_changes();
  }

  #onSelection = () => {
    const selection = this.#model.get("selection");
    if (String(selection) === String(this.#saved.selection)) return; // written here
    this.region = -1;
    this.#selection = selection;
    this.#saved = { ...this.#saved, selection };
    this.#onChange();
  };

  #onPlayhead = () => {
    const playhead = this.#model.get("playhead");
    if (playhead === this.#saved.playhead) return; // written here
    this.#playhead = playhead;
    this.#saved = { ...this.#saved, playhead };
    this.#onSeek(playhead);
  };
}

/** @param {number} seconds */
function round(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
