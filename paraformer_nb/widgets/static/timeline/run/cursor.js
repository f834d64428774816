// Where a person is in a run: the focused word, the selection, the playhead, what was searched for. One for
// all views of a run; selection and playhead are traits that Python reads and sets.

import { findMatches } from "./find.js";

/** @import { AnyModel } from "@anywidget/types" */
/** @import { Match } from "./find.js" */
/** @import { Change, Store } from "./store.js" */
/** @import { Sentence } from "./words.js" */
/** @typedef {[start: number, end: number]} Selection */
/** @typedef {{ selection: Selection, playhead: number }} TimelineModel the synced traits, as in widgets/timeline.py; an empty selection is none */
/** @typedef {{ index: number, sentence: Sentence, place: number }} Place a word: its index of all, its sentence, its place there */

const TELL_MS = 100; // between two tellings of what moves
const SHORTEST_SELECTION = 0.01; // seconds; less is a drag there and back
/** @type {Selection} */
const NOTHING = [0, 0];
const SAME_PLACE = 0.001; // seconds

export class Cursor {
  /** The word that keys and buttons mean. @type {{ sentence: number, place: number } | null} */
  focus = null;
  /** What was found last. @type {{ text: string, matches: Match[], current: number }} */
  found = { text: "", matches: [], current: -1 };
  #model;
  #onChange;
  #onSeek;
  #playhead;
  /** @type {Selection} */
  #selection;
  /** What the traits were when we last set or heard them. @type {TimelineModel} */
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
    this.#playhead = model.get("playhead") ?? 0;
    this.#selection = model.get("selection") ?? NOTHING;
    this.#told = { selection: this.#selection, playhead: this.#playhead };
    model.on("change:selection", this.#hearSelection);
    model.on("change:playhead", this.#hearPlayhead);
  }

  close() {
    clearTimeout(this.#telling);
    this.#model.off("change:selection", this.#hearSelection);
    this.#model.off("change:playhead", this.#hearPlayhead);
  }

  /** @returns {Selection | null} */
  get selection() {
    return this.#selection[1] > this.#selection[0] ? this.#selection : null;
  }

  get playhead() {
    return this.#playhead;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  select(from, to) {
    const isNothing = Math.abs(to - from) < SHORTEST_SELECTION;
    this.#selection = isNothing ? NOTHING : [round(Math.min(from, to)), round(Math.max(from, to))];
    this.#tell(true);
  }

  deselect() {
    if (!this.selection) return;
    this.#selection = NOTHING;
    this.#tell(false);
  }

  /**
   * @param {number} time
   * @param {boolean} isMoving by itself
   */
  movePlayhead(time, isMoving = false) {
    if (time === this.#playhead && isMoving) return;
    this.#playhead = time;
    this.#tell(isMoving);
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

  /**
   * Looks again for what was searched for, in the sentences that changed.
   * @param {Store} store
   * @param {Change} change
   */
  refind(store, { reset, sentences, removed }) {
    const { text, matches, current } = this.found;
    if (text === "") return;
    const gone = new Set([...sentences, ...removed]);
    const kept = reset ? [] : matches.filter(({ sentence }) => !gone.has(sentence));
    const anew = reset ? store.order : store.order.filter(({ id }) => gone.has(id));
    const all = [...kept, ...findMatches(anew, text)].sort((a, b) => a.start - b.start);
    const same = all.findIndex(({ start }) => start >= (matches[current]?.start ?? Infinity) - SAME_PLACE);
    this.found = { text, matches: all, current: all.length === 0 ? -1 : same < 0 ? all.length - 1 : same };
  }

  blur() {
    this.focus = null;
    this.#onChange();
  }

  /** @param {boolean} canWait what moves is told now and then */
  #tell(canWait) {
    const wait = canWait ? this.#toldAt + TELL_MS - Date.now() : 0;
    if (wait <= 0) this.#tellNow();
    else this.#telling ??= setTimeout(() => this.#tellNow(), wait);
    this.#onChange();
  }

  #tellNow() {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#toldAt = Date.now();
    const before = this.#told;
    const isMoved = this.#playhead !== before.playhead; // Python may have set it finer than we tell
    const playhead = isMoved ? round(this.#playhead) : before.playhead;
    this.#told = { selection: this.#selection, playhead };
    if (playhead !== before.playhead) this.#model.set("playhead", playhead);
    if (this.#selection !== before.selection) this.#model.set("selection", this.#selection);
    this.#model.save_changes();
  }

  #hearSelection = () => {
    const selection = this.#model.get("selection");
    if (String(selection) === String(this.#told.selection)) return; // it is our own word
    this.#selection = selection;
    this.#told = { ...this.#told, selection };
    this.#onChange();
  };

  #hearPlayhead = () => {
    const playhead = this.#model.get("playhead");
    if (playhead === this.#told.playhead) return; // it is our own word
    this.#playhead = playhead;
    this.#told = { ...this.#told, playhead };
    this.#onSeek(playhead);
  };
}

/** @param {number} seconds */
function round(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
