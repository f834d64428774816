// What a person can do in a view, each thing once: pointers, keys and buttons all end here.

import { insertAfter, mergeWords, moveEdge, removeWord, roomAfter, splitWord } from "../run/edits.js";
import { findMatches } from "../run/find.js";

/** @import { Place } from "../run/cursor.js" */
/** @import { Correction } from "../run/edits.js" */
/** @import { Editor } from "./editor.js" */
/** @import { Session } from "../session.js" */
/** @import { Spectrogram } from "../picture/spectrogram.js" */
/** @import { Stage } from "../picture/stage.js" */

const NUDGE = 0.01; // seconds that a key moves an edge by

export class Commands {
  #session;
  #stage;
  #editor;
  #spectrogram;

  /**
   * @param {Session} session
   * @param {Stage} stage
   * @param {Editor} editor
   * @param {Spectrogram} spectrogram
   */
  constructor(session, stage, editor, spectrogram) {
    this.#session = session;
    this.#stage = stage;
    this.#editor = editor;
    this.#spectrogram = spectrogram;
  }

  // ---------------------------------------------------------------------------------------------------- playing

  togglePlay() {
    this.#session.playback.toggle();
  }

  toggleLoop() {
    this.#session.playback.toggleLoop();
  }

  /** @param {number} steps */
  changeRate(steps) {
    this.#session.playback.changeRate(steps);
  }

  /** @param {number} index of a word */
  playFromWord(index) {
    this.focus(index);
    this.#session.playback.playFrom(this.#words.rows[index][2]);
  }

  /** @param {number} [index] the focused one if none is given */
  playWord(index = this.#focus?.index) {
    if (index === undefined) return;
    this.focus(index);
    const [, , start, end] = this.#words.rows[index];
    this.#session.playback.playSpan(start, end);
  }

  /** @param {number} time */
  seek(time) {
    this.#session.cursor.deselect();
    this.#session.playback.seek(time);
  }

  // --------------------------------------------------------------------------------------- focus and selection

  /** @param {number} index */
  focus(index) {
    this.#session.cursor.focusOn(this.#session.store, index);
    const [, , start, end] = this.#words.rows[index];
    this.#stage.reveal(start, end);
  }

  /** @param {number} steps by words; from the playhead where none is focused */
  stepWord(steps) {
    const { count } = this.#words;
    if (count === 0) return;
    const now = this.#focus?.index ?? this.#nearest() - steps;
    this.#goTo(Math.min(count - 1, Math.max(0, now + steps)));
  }

  /** @param {number} steps by sentences, to the first word of each */
  stepSentence(steps) {
    const { order } = this.#session.store;
    if (this.#words.count === 0) return;
    const now = this.#focus?.index ?? this.#nearest();
    const at = this.#words.sentenceOf(now);
    const isWithin = now > this.#words.firstOf(at);
    const to = steps < 0 && isWithin ? at : at + steps;
    this.#goTo(this.#words.firstOf(Math.min(order.length - 1, Math.max(0, to))));
  }

  /** @param {"first" | "last"} edge */
  jump(edge) {
    if (this.#words.count > 0) this.#goTo(edge === "first" ? 0 : this.#words.count - 1);
  }

  /** @param {number} steps by words, at the selection's end that moves */
  extend(steps) {
    const { cursor } = this.#session;
    const before = this.#focus;
    if (!before) return this.stepWord(steps);
    const [, , start, end] = this.#words.rows[before.index];
    const [from, to] = cursor.selection ?? [start, end];
    const isAtEnd = Math.abs(to - end) < 1e-3 || (!cursor.selection && steps > 0);
    this.stepWord(steps);
    const after = this.#focus;
    if (!after) return;
    const word = this.#words.rows[after.index];
    if (isAtEnd && word[3] > from) cursor.select(from, word[3]);
    else cursor.select(word[2], to);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  select(from, to) {
    this.#session.cursor.select(from, to);
  }

  /** Leaves, one thing at a time: sound, the selection, what was found, the focused word. */
  leave() {
    const { cursor, playback } = this.#session;
    if (playback.isPlaying) playback.pause();
    else if (cursor.selection) cursor.deselect();
    else if (cursor.found.text) this.find("");
    else cursor.blur();
    this.#session.say("");
  }

  // ----------------------------------------------------------------------------------------------------- finding

  /**
   * Finds a text and shows the first place from the playhead on.
   * @param {string} text
   */
  find(text) {
    const { cursor, store } = this.#session;
    const matches = findMatches(store.order, text);
    const next = matches.findIndex((match) => match.end > cursor.playhead);
    cursor.found = { text, matches, current: matches.length ? Math.max(0, next) : -1 };
    this.#showFound();
  }

  /** @param {number} steps */
  findNext(steps) {
    const { found } = this.#session.cursor;
    const { length } = found.matches;
    if (length === 0) return;
    found.current = (found.current + steps + length) % length;
    this.#showFound();
  }

  #showFound() {
    const { cursor, store } = this.#session;
    const match = cursor.found.matches[cursor.found.current];
    const at = match ? store.order.findIndex(({ id }) => id === match.sentence) : -1;
    if (at >= 0) this.#goTo(Math.min(this.#words.firstOf(at) + match.place, this.#words.count - 1));
    else this.#session.notify();
  }

  // -------------------------------------------------------------------------------------------------- correcting

  /** @param {number} [index] */
  edit(index = this.#focus?.index) {
    if (index === undefined || !this.#canEdit()) return;
    if (this.#session.playback.isPlaying) this.#session.playback.pause();
    this.focus(index);
    this.#editor.open();
  }

  split() {
    const { playhead } = this.#session.cursor;
    this.#correct((words, place) => splitWord(words, place, playhead), "A word of one letter cannot be split.");
  }

  merge() {
    this.#correct(mergeWords, "There is no next word in this sentence to merge with.");
  }

  remove() {
    const index = this.#focus?.index;
    this.#correct(removeWord, "");
    if (index !== undefined && !this.#focus && this.#words.count) this.focus(Math.min(index, this.#words.count - 1));
  }

  insert() {
    const focus = this.#focus;
    if (!focus || !this.#canEdit()) return;
    const { sentence, place } = focus;
    const room = this.#roomOf(focus);
    const { start, end } = roomAfter(sentence.words, place, room);
    this.#editor.openFor({ text: "", start, end, label: "New word" }, (typed) => {
      const correction = insertAfter(sentence.words, place, typed, room);
      if (correction) this.#session.correct(sentence, correction);
      return correction;
    });
  }

  /**
   * @param {"start" | "end"} edge
   * @param {number} steps
   */
  nudge(edge, steps) {
    const focus = this.#focus;
    if (!focus) return;
    this.moveEdge(edge, this.#words.rows[focus.index][edge === "start" ? 2 : 3] + steps * NUDGE);
  }

  /**
   * @param {"start" | "end"} edge of the focused word
   * @param {number} time
   */
  moveEdge(edge, time) {
    const focus = this.#focus;
    if (!focus) return;
    const room = this.#roomOf(focus);
    this.#correct((words, place) => moveEdge(words, place, edge, time, room), "");
  }

  undo() {
    this.#session.turnBack("undo");
  }

  redo() {
    this.#session.turnBack("redo");
  }

  // -------------------------------------------------------------------------------------------------- the window

  /** @param {number} factor */
  zoom(factor) {
    this.#stage.zoom(factor);
  }

  fit() {
    this.#stage.fit();
  }

  /** @param {number} windows */
  page(windows) {
    this.#stage.moveTo(this.#stage.shown.start + windows * this.#stage.shown.span);
  }

  toggleFollow() {
    this.#stage.toggleFollow();
  }

  toggleSpectrogram() {
    if (!this.#session.isStandalone) this.#spectrogram.toggle();
  }

  // ------------------------------------------------------------------------------------------------------------

  get #words() {
    return this.#session.store.words;
  }

  get #focus() {
    return this.#session.cursor.placeIn(this.#session.store);
  }

  /**
   * What lies between the sentences before and after a word's own.
   * @param {Place} place
   */
  #roomOf({ index, place, sentence }) {
    const words = this.#words;
    const first = index - place;
    const after = first + sentence.words.length;
    const { start, end } = this.#session.store.extent;
    return { from: first > 0 ? words.ends[first - 1] : start, to: after < words.count ? words.starts[after] : end };
  }

  #canEdit() {
    const can = this.#session.store.run?.can_edit === true;
    if (!can) this.#session.say("Words cannot be corrected here.");
    return can;
  }

  /** The word at the playhead, or the first after it, or the last. */
  #nearest() {
    const [first] = this.#words.between(this.#session.cursor.playhead, Infinity);
    return Math.min(first, this.#words.count - 1);
  }

  /**
   * Focuses a word, and lets the playhead stand there unless it is moving.
   * @param {number} index
   */
  #goTo(index) {
    this.focus(index);
    const { cursor, playback } = this.#session;
    if (!playback.isPlaying) cursor.movePlayhead(this.#words.rows[index][2]);
  }

  /**
   * @param {(words: import("../run/words.js").Word[], place: number) => Correction | null} correction
   * @param {string} otherwise what to say where there is nothing to do
   */
  #correct(correction, otherwise) {
    const focus = this.#focus;
    if (!focus || !this.#canEdit()) return;
    const made = correction(focus.sentence.words, focus.place);
    if (made) this.#session.correct(focus.sentence, made);
    this.#session.say(made ? "" : otherwise);
  }
}
