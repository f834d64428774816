// Where a person is in a run: the focused word, the selection, the playhead, what was searched for. One for
// all views of a run; selection and playhead are traits that Python reads and sets.

/** @import { AnyModel } from "@anywidget/types" */
/** @import { Match } from "./find.js" */
/** @import { Store } from "./store.js" */
/** @import { Sentence } from "./words.js" */
/** @typedef {[start: number, end: number]} Selection */
/** @typedef {{ selection: Selection | null, playhead: number }} TimelineModel the synced traits; Python's are in widgets/timeline.py */
/** @typedef {{ index: number, sentence: Sentence, place: number }} Place a word: its index of all, its sentence, its place there */

const TELL_MS = 100; // between two tellings of a playhead that moves

export class Cursor {
  /** The word that keys and buttons mean. @type {{ sentence: number, place: number } | null} */
  focus = null;
  /** What was found last. @type {{ text: string, matches: Match[], current: number }} */
  found = { text: "", matches: [], current: -1 };
  #model;
  #onChange;
  #onSeek;
  #playhead;
  #told;
  #toldAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #telling;

  /**
   * @param {AnyModel<TimelineModel>} model
   * @param {() => void} onChange
   * @param {(time: number) => void} onSeek when Python moved the playhead
   */
  constructor(model, onChange, onSeek) {
    this.#model = model;
    this.#onChange = onChange;
    this.#onSeek = onSeek;
    this.#playhead = this.#told = model.get("playhead") ?? 0;
    model.on("change:selection", onChange);
    model.on("change:playhead", this.#hearPlayhead);
  }

  close() {
    clearTimeout(this.#telling);
    this.#model.off("change:selection", this.#onChange);
    this.#model.off("change:playhead", this.#hearPlayhead);
  }

  get selection() {
    return this.#model.get("selection") ?? null;
  }

  get playhead() {
    return this.#playhead;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  select(from, to) {
    this.#setSelection([round(Math.min(from, to)), round(Math.max(from, to))]);
  }

  deselect() {
    if (this.selection) this.#setSelection(null);
  }

  /**
   * @param {number} time
   * @param {boolean} isMoving by itself: Python is told now and then
   */
  movePlayhead(time, isMoving = false) {
    if (time === this.#playhead && isMoving) return;
    this.#playhead = time;
    const wait = isMoving ? this.#toldAt + TELL_MS - Date.now() : 0;
    if (wait <= 0) this.#tellPlayhead();
    else this.#telling ??= setTimeout(() => this.#tellPlayhead(), wait);
    this.#onChange();
  }

  /**
   * The focused word, as long as there is one.
   * @param {Store} store
   * @returns {Place | null}
   */
  placeIn(store) {
    const sentence = this.focus && store.sentences.get(this.focus.sentence);
    if (!this.focus || !sentence || sentence.words.length === 0) return null;
    const place = Math.min(this.focus.place, sentence.words.length - 1);
    return { index: store.words.firstOf(store.order.indexOf(sentence)) + place, sentence, place };
  }

  /**
   * @param {Store} store
   * @param {number} index of a word
   */
  focusOn(store, index) {
    const at = store.words.sentenceOf(index);
    this.focus = { sentence: store.order[at].id, place: index - store.words.firstOf(at) };
    this.#onChange();
  }

  blur() {
    this.focus = null;
    this.#onChange();
  }

  #tellPlayhead() {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#toldAt = Date.now();
    this.#told = round(this.#playhead);
    this.#model.set("playhead", this.#told);
    this.#model.save_changes();
  }

  /** @param {Selection | null} selection */
  #setSelection(selection) {
    this.#model.set("selection", selection);
    this.#model.save_changes();
    this.#onChange();
  }

  #hearPlayhead = () => {
    const time = this.#model.get("playhead");
    if (time === this.#told) return; // it is our own word
    this.#playhead = this.#told = time;
    this.#onSeek(time);
  };
}

/** @param {number} seconds */
function round(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
