// What a person can do in a view, each thing once: pointers, keys and buttons all call these methods.

import { findMatches } from "../model/find.js";
import { spokenAt } from "../model/hits.js";
import { stepSpan } from "../model/steps.js";
import { Correcting } from "./correcting.js";
import { Selecting } from "./selecting.js";
import { Proofreading } from "./proofreading.js";
import { translate } from "../model/language.js";

/** @import { Spectrogram } from "../canvas/spectrogram.js" */
/** @import { Stage } from "../canvas/stage.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { Editor } from "./editor.js" */
/** @import { Help } from "./help.js" */
/**
 * The parts of a view that commands act on.
 * @typedef {{ stage: Stage, editor: Editor, spectrogram: Spectrogram, help: Help, focusRegion: () => void, focusTime: () => void, focusFind: () => void, focusWords: () => void, selectText: () => void }} Parts
 */

export class Commands {
  #runModel;
  #stage;
  #spectrogram;
  #help;
  #focusRegion;
  #focusTime;
  #focusFind;
  #selectText;

  /**
   * @param {RunModel} runModel
   * @param {Parts} parts
   */
  constructor(runModel, { stage, editor, spectrogram, help, focusRegion, focusTime, focusFind, focusWords, selectText }) {
    this.#runModel = runModel;
    this.#stage = stage;
    this.#spectrogram = spectrogram;
    this.#help = help;
    this.#focusRegion = focusRegion;
    this.#focusTime = focusTime;
    this.#focusFind = focusFind;
    this.#selectText = selectText;
    this.correcting = new Correcting(runModel, this, editor);
    this.selecting = new Selecting(runModel, stage);
    this.proofreading = new Proofreading(runModel, this, editor, focusWords);
  }

  toggleHelp() {
    this.#help.toggle();
  }

  // ---------------------------------------------------------------------------------------------------- playing

  togglePlay() {
    this.#runModel.playback.toggle();
  }

  toggleLoop() {
    this.#runModel.playback.toggleLoop();
  }

  /**
   * Moves by some seconds, playing or not.
   * @param {number} seconds
   */
  skip(seconds) {
    const { cursor, transcript } = this.#runModel;
    const { start, end } = transcript.extent;
    this.goToTime(Math.min(end, Math.max(start, cursor.playhead + seconds)));
  }

  /**
   * Moves to a time and shows it.
   * @param {number} time
   */
  goToTime(time) {
    this.#stage.reveal(time);
    this.seek(time);
  }

  focusTime() {
    this.#focusTime();
  }

  /** @param {number} steps of a tenth */
  changeVolume(steps) {
    const { playback } = this.#runModel;
    playback.setVolume(Math.round(10 * playback.volume + steps) / 10);
  }

  /** @param {number} steps */
  changeRate(steps) {
    this.#runModel.playback.changeRate(steps);
  }

  /**
   * Moves to a word, playing or not.
   * @param {number} index
   */
  goTo(index) {
    this.#runModel.cursor.deselect();
    this.focus(index);
    this.#runModel.playback.seek(this.#words.rows[index].start);
  }

  /** @param {number} [index] the current one if none is given */
  playWord(index = this.#current?.index) {
    if (index === undefined) return;
    this.focus(index);
    const { start, end } = this.#words.rows[index];
    this.#runModel.playback.playSpan(start, end);
  }

  /**
   * Moves to a time, playing or not; the word there becomes the current one.
   * @param {number} time
   */
  seek(time) {
    const { cursor, playback, transcript } = this.#runModel;
    cursor.deselect();
    playback.seek(time);
    const index = spokenAt(this.#words, time);
    if (index >= 0) cursor.focusOn(transcript, index);
    else cursor.blur();
  }

  // --------------------------------------------------------------------------------------- focus and selection

  /** @param {number} index */
  focus(index) {
    this.#runModel.cursor.focusOn(this.#runModel.transcript, index);
    const { start, end } = this.#words.rows[index];
    this.#stage.reveal(start, end);
  }

  /** @param {number} steps by words; from the playhead where no word is focused */
  stepWord(steps) {
    const { count } = this.#words;
    if (count === 0) return;
    const now = this.#current?.index ?? this.#nearest() - (steps > 0 ? 1 : 0);
    this.#focusAndMove(Math.min(count - 1, Math.max(0, now + steps)));
  }

  /** @param {number} steps by sentences, to the first word of each */
  stepSentence(steps) {
    const { order } = this.#runModel.transcript;
    if (this.#words.count === 0) return;
    const now = this.#current?.index ?? this.#nearest();
    const current = this.#words.sentenceOf(now);
    const isWithin = now > this.#words.firstOf(current);
    const to = steps < 0 && isWithin ? current : current + steps;
    this.#focusAndMove(this.#words.firstOf(Math.min(order.length - 1, Math.max(0, to))));
  }

  /** @param {"first" | "last"} edge */
  jump(edge) {
    if (this.#words.count > 0) this.#focusAndMove(edge === "first" ? 0 : this.#words.count - 1);
  }

  /** @param {number} steps by words, at the selection's end that moves */
  extend(steps) {
    const { cursor } = this.#runModel;
    const before = this.#current;
    if (!before) return this.stepWord(steps);
    const { start, end } = this.#words.rows[before.index];
    const [from, to] = cursor.selection ?? [start, end];
    const isAtEnd = Math.abs(to - end) < 1e-3 || (!cursor.selection && steps > 0);
    this.stepWord(steps);
    const after = this.#focus;
    if (!after) return;
    const word = this.#words.rows[after.index];
    cursor.region = -1;
    if (isAtEnd && word.end > from) cursor.select(from, word.end);
    else cursor.select(word.start, to);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  select(from, to) {
    this.#runModel.cursor.region = -1;
    this.#runModel.cursor.select(from, to);
  }

  /**
   * Selects the word at a time, if there is one.
   * @param {number} time
   */
  selectAt(time) {
    const index = spokenAt(this.#words, time);
    if (index >= 0) this.select(this.#words.starts[index], this.#words.ends[index]);
  }

  get selection() {
    return this.#runModel.cursor.selection;
  }

  /** Makes a region of the selection, or names the one that it is. */
  markRegion() {
    this.selecting.addRegion();
    this.#focusRegion();
  }

  deselect() {
    this.#runModel.cursor.deselect();
  }

  /** Ends one thing at each call: playing, the selection, the search, the focus of a word. */
  escape() {
    const { cursor, playback } = this.#runModel;
    if (playback.isPlaying) playback.pause();
    else if (cursor.selection) cursor.deselect();
    else if (cursor.found.text) this.find("");
    else cursor.blur();
    this.#runModel.showMessage("");
  }

  selectText() {
    this.#selectText();
  }

  // ----------------------------------------------------------------------------------------------------- finding

  /**
   * Finds a text and shows its first occurrence from the playhead on.
   * @param {string} text
   */
  find(text) {
    const { cursor, transcript } = this.#runModel;
    const matches = findMatches(transcript, text);
    const next = matches.findIndex((match) => match.end > cursor.playhead);
    cursor.found = { text, matches, current: matches.length ? Math.max(0, next) : -1 };
    this.#showFound();
  }

  focusFind() {
    this.#focusFind();
  }

  /**
   * Selects the next or previous span of the layer that was added last, so that it is what is played.
   * @param {number} steps
   */
  #stepSpan(steps) {
    const { cursor, playback, transcript } = this.#runModel;
    const span = stepSpan(transcript.layers.at(-1)?.spans ?? [], cursor.selection, cursor.playhead, steps);
    if (!span) return;
    cursor.select(...span);
    playback.seek(span[0]);
    this.#stage.reveal(...span);
  }

  /** @param {number} steps through what was found; where nothing is searched for, through the last layer */
  findNext(steps) {
    const { found } = this.#runModel.cursor;
    const { length } = found.matches;
    if (length === 0) return found.text ? undefined : this.#stepSpan(steps);
    found.current = (found.current + steps + length) % length;
    this.#showFound();
  }

  #showFound() {
    const { cursor } = this.#runModel;
    const match = cursor.found.matches[cursor.found.current];
    if (match) this.#focusAndShow(match.first);
    else this.#runModel.notifyViewChange();
  }

  // -------------------------------------------------------------------------------------------------- correcting

  undo() {
    this.#runModel.undo();
  }

  redo() {
    this.#runModel.redo();
  }

  // -------------------------------------------------------------------------------------------------- the window

  /** @param {number} factor */
  zoom(factor) {
    this.#stage.zoom(factor);
  }

  /** @param {number} factor by which the waveform is drawn larger */
  amplify(factor) {
    this.#stage.amplify(factor);
  }

  fit() {
    this.#stage.fit();
  }

  zoomToSelection() {
    const { selection } = this.#runModel.cursor;
    if (selection) this.#stage.showSpan(...selection);
    else this.#runModel.showMessage(translate("Nothing is selected: drag over the waveform, or press Shift with an arrow key."));
  }

  /** @param {number} windows */
  page(windows) {
    this.#stage.moveTo(this.#stage.shown.start + windows * this.#stage.shown.span);
  }

  toggleFollow() {
    this.#stage.toggleFollow();
  }

  toggleSpectrogram() {
    if (!this.#runModel.isStandalone) this.#spectrogram.toggle();
  }

  // ------------------------------------------------------------------------------------------------------------

  get #words() {
    return this.#runModel.transcript.words;
  }

  /** Whether words can be corrected; if not, says so. */
  canCorrect() {
    const canCorrect = this.#runModel.transcript.run?.can_correct === true;
    if (!canCorrect) this.#runModel.showMessage(translate("Words cannot be corrected here."));
    return canCorrect;
  }

  get #focus() {
    return this.#runModel.cursor.focusedWord(this.#runModel.transcript);
  }

  /** The focused word; while playing the one that sounds, which becomes the focused one. */
  get #current() {
    if (this.#runModel.playback.isPlaying) this.#runModel.playback.focusSounding();
    return this.#focus;
  }

  /** The index of the word at the playhead, or of the first after it, or of the last. */
  #nearest() {
    const [first] = this.#words.between(this.#runModel.cursor.playhead, Infinity);
    return Math.min(first, this.#words.count - 1);
  }

  /**
   * Focuses a word, and moves there, playing or not.
   * @param {number} index
   */
  #focusAndMove(index) {
    this.focus(index);
    this.#runModel.playback.seek(this.#words.rows[index].start);
  }

  /**
   * Focuses a word, and moves the playhead there unless it is playing: a search does not interrupt.
   * @param {number} index
   */
  #focusAndShow(index) {
    this.focus(index);
    const { cursor, playback } = this.#runModel;
    if (!playback.isPlaying) cursor.movePlayhead(this.#words.rows[index].start);
  }
}
