// Proofreading: from one doubtful word to the next, playing a sentence again, replacing a text everywhere at once.

import { comparable } from "../model/find.js";
import { retype } from "../model/corrections.js";
import { isDoubtful } from "../model/words.js";
import { translate } from "../model/language.js";

/** @import { Correction } from "../model/corrections.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { Commands } from "./commands.js" */
/** @import { Caret, Editor, Host } from "./editor.js" */
/** @import { Sentence } from "../model/words.js" */

export class Proofreading {
  #runModel;
  #commands;
  #editor;
  #focusWords;
  /** True while the sound that was playing waits for the field to be closed. */
  #goesOn = false;

  /**
   * @param {RunModel} runModel
   * @param {Commands} commands
   * @param {Editor} editor
   * @param {() => void} focusWords
   */
  constructor(runModel, commands, editor, focusWords) {
    this.#runModel = runModel;
    this.#commands = commands;
    this.#editor = editor;
    this.#focusWords = focusWords;
  }

  /**
   * Opens the field of the current word. Where the sound plays it is paused, and goes on when the field is closed.
   * @param {number} [index] the current one if none is given
   * @param {Host} [host]
   */
  edit(index, host = "text") {
    const { playback } = this.#runModel;
    this.#goesOn = playback.isPlaying || (this.#editor.isOpen && this.#goesOn);
    playback.pause();
    const edited = index ?? this.#index;
    if (edited < 0 || !this.#commands.canCorrect()) {
      this.#goesOn = false;
      return;
    }
    this.#commands.focus(edited);
    this.#editor.open(host);
  }

  /** The field was closed. */
  closed() {
    if (this.#goesOn) this.#runModel.playback.start();
    this.#goesOn = false;
  }

  /**
   * Opens the field of a word beside the one that was corrected; before the first and after the last word it is left.
   * @param {number} steps by words
   * @param {Host} host
   * @param {Caret} caret
   */
  step(steps, host, caret) {
    const index = this.#index + steps;
    if (index < 0 || index >= this.#runModel.transcript.words.count) return this.#leave();
    this.#commands.goTo(index);
    this.#editor.open(host, caret);
  }

  /**
   * Opens the field of the next or previous doubtful word; where the recogniser gives no confidence, of the one beside it.
   * @param {number} steps by words, from where to search
   * @param {Host} host
   */
  stepDoubtful(steps, host) {
    const hasConfidence = this.#runModel.transcript.words.rows.some(({ confidence }) => confidence !== null);
    if (!hasConfidence) return this.step(steps, host, "all");
    const index = this.#nextDoubtful(this.#index + steps, Math.sign(steps));
    if (index < 0) return this.#leave();
    this.#commands.goTo(index);
    this.#editor.open(host, "all");
  }

  /**
   * Makes the next or previous doubtful word the current one.
   * @param {number} direction
   */
  goToDoubtful(direction) {
    const index = this.#nextDoubtful(this.#index + direction, direction);
    if (index >= 0) this.#commands.goTo(index);
    else this.#runModel.showMessage(translate(direction > 0 ? "No doubtful word follows." : "There is no doubtful word before it."));
  }

  /** Plays the sentence of the current word. */
  replaySentence() {
    const { cursor, playback, transcript } = this.#runModel;
    const { sentence } = cursor.focusedWord(transcript) ?? {};
    if (sentence) playback.playSpan(sentence.start, sentence.end, true);
  }

  /**
   * Replaces what was found, everywhere, as one step of undo.
   * @param {string} text
   */
  replaceAll(text) {
    const { cursor, transcript } = this.#runModel;
    if (!this.#commands.canCorrect()) return;
    /** @type {[Sentence, Correction][]} one for each occurrence: the words of a correction stand in a row */
    const corrections = [];
    for (const { first, last } of cursor.found.matches) {
      const sentence = transcript.order[transcript.words.sentenceOf(first)];
      if (sentence !== transcript.order[transcript.words.sentenceOf(last)]) continue; // never across sentences
      const words = transcript.words.rows.slice(first, last + 1);
      if (comparable(words.map((word) => word.separator + word.text).join("")) !== comparable(cursor.found.text)) continue;
      const { start, separator } = words[0];
      const { end, punctuation } = words[words.length - 1];
      const correction = retype([{ ...words[0], text: "", punctuation: "", start, end, separator }], 0, text + punctuation);
      if (!correction) continue;
      corrections.push([sentence, { old: words, new: correction.new }]);
    }
    const count = corrections.length;
    const left = cursor.found.matches.length - count;
    if (count > 0) this.#runModel.correctAll(corrections);
    const rest = left > 0 ? translate(" {0} only contain it in a longer word, or lie in two sentences: they are as they were.", left) : "";
    this.#runModel.showMessage(translate(count ? "{0} replaced; Ctrl Z undoes all." : "{0} replaced.", count) + rest);
  }

  get #index() {
    const { cursor, transcript } = this.#runModel;
    return cursor.focusedWord(transcript)?.index ?? -1;
  }

  /**
   * @param {number} from
   * @param {number} direction
   */
  #nextDoubtful(from, direction) {
    const { rows } = this.#runModel.transcript.words;
    for (let i = Math.max(0, from); i < rows.length && i >= 0; i += direction) if (isDoubtful(rows[i])) return i;
    return -1;
  }

  #leave() {
    this.#focusWords();
    this.closed();
  }
}
