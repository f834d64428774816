// The corrections of the current word: split, merge, delete, insert, move an edge.

import { insertAfter, mergeWords, moveEdge, removeWord, roomAfter, splitWord } from "../model/corrections.js";
import { translate } from "../model/language.js";
import { NUDGE_MS } from "./keys.js";

/** @import { Word } from "../messages.js" */
/** @import { Correction } from "../model/corrections.js" */
/** @import { Text } from "../model/language.js" */
/** @import { FocusedWord } from "../model/cursor.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { Commands } from "./commands.js" */
/** @import { Editor } from "./editor.js" */

export class Correcting {
  #runModel;
  #commands;
  #editor;

  /**
   * @param {RunModel} runModel
   * @param {Commands} commands
   * @param {Editor} editor
   */
  constructor(runModel, commands, editor) {
    this.#runModel = runModel;
    this.#commands = commands;
    this.#editor = editor;
  }

  split() {
    const { playhead } = this.#runModel.cursor;
    this.#correct((words, index) => splitWord(words, index, playhead), "A word of one letter cannot be split.");
  }

  merge() {
    this.#correct(mergeWords, "This is the last word of its sentence: it cannot be merged with a next one.");
  }

  remove() {
    this.#runModel.playback.pause();
    const index = this.#focus?.index;
    this.#correct(removeWord, "");
    if (index !== undefined && !this.#focus && this.#words.count) this.#commands.focus(Math.min(index, this.#words.count - 1));
  }

  insert() {
    this.#runModel.playback.pause();
    const focus = this.#focus;
    if (!focus || !this.#commands.canCorrect()) return;
    const { sentence, wordIndex } = focus;
    const room = this.#roomOf(focus);
    const { start, end } = roomAfter(sentence.words, wordIndex, room);
    this.#editor.openFor({ text: "", start, end, label: translate("New word") }, (typed) => {
      const correction = insertAfter(sentence.words, wordIndex, typed, room);
      if (correction) this.#runModel.correct(sentence, correction);
      return correction;
    });
  }

  /**
   * @param {"start" | "end"} edge
   * @param {number} steps
   */
  nudge(edge, steps) {
    this.#runModel.playback.pause();
    const focus = this.#focus;
    if (!focus) return;
    this.moveEdge(edge, this.#words.rows[focus.index][edge] + (steps * NUDGE_MS) / 1000);
  }

  /**
   * @param {"start" | "end"} edge of the focused word
   * @param {number} time
   */
  moveEdge(edge, time) {
    const focus = this.#focus;
    if (!focus) return;
    const room = this.#roomOf(focus);
    this.#correct((words, index) => moveEdge(words, index, edge, time, room), "");
  }

  get #words() {
    return this.#runModel.transcript.words;
  }

  get #focus() {
    return this.#runModel.cursor.focusedWord(this.#runModel.transcript);
  }

  /**
   * The time free between the neighbouring sentences of a word's sentence.
   * @param {FocusedWord} focused
   */
  #roomOf({ index, wordIndex, sentence }) {
    const words = this.#words;
    const first = index - wordIndex;
    const after = first + sentence.words.length;
    const { start, end } = this.#runModel.transcript.extent;
    return { from: first > 0 ? words.ends[first - 1] : start, to: after < words.count ? words.starts[after] : end };
  }

  /**
   * @param {(words: Word[], index: number) => Correction | null} make
   * @param {Text | ""} emptyMessage shown where there is nothing to correct
   */
  #correct(make, emptyMessage) {
    this.#runModel.playback.pause(); // then the word that sounds is the focused one
    const focus = this.#focus;
    if (!focus || !this.#commands.canCorrect()) return;
    const correction = make(focus.sentence.words, focus.wordIndex);
    if (correction) this.#runModel.correct(focus.sentence, correction);
    this.#runModel.showMessage(correction || !emptyMessage ? "" : translate(emptyMessage));
  }
}
