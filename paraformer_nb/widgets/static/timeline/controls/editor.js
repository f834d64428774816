// The field in which a word is corrected, over its block in the picture.

import { make } from "../dom/elements.js";
import { MAX_TEXT } from "../messages.js";
import { retype } from "../model/corrections.js";

/** @import { Correction } from "../model/corrections.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { Stage } from "../canvas/stage.js" */
/** @typedef {{ text: string, start: number, end: number, label: string }} Field */
/** @typedef {(typed: string) => Correction | null} Commit makes the correction of what was typed */

const LEAST_WIDTH = 72;
const HEIGHT = 34;
const CHARACTER = 9; // pixels, about

export class Editor {
  #runModel;
  #stage;
  #input;
  #focus;
  /** @type {Commit | null} null: it is closed */
  #commit = null;
  /** @type {Field | null} */
  #field = null;

  /**
   * @param {RunModel} runModel
   * @param {Stage} stage
   * @param {{ focusWords: () => void, step: (steps: number) => void }} focus moves the focus: to the words, or to the field of another word
   */
  constructor(runModel, stage, focus) {
    this.#runModel = runModel;
    this.#stage = stage;
    this.#focus = focus;
    this.#input = make("input", "pnb-editor", stage.box);
    this.#input.maxLength = MAX_TEXT;
    this.#input.spellcheck = false;
    this.#input.dir = "auto";
    this.#input.hidden = true;
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#input.addEventListener("blur", () => this.#keep());
    this.#input.addEventListener("input", () => this.reposition());
  }

  get isOpen() {
    return this.#commit !== null;
  }

  /** Opens for the focused word. */
  open() {
    const { cursor, transcript } = this.#runModel;
    const focused = cursor.focusedWord(transcript);
    if (!focused) return;
    const { sentence, wordIndex } = focused;
    const { text, punctuation, start, end } = sentence.words[wordIndex];
    this.openFor({ text: text + punctuation, start, end, label: `Correct the word ${text}` }, (typed) => {
      const correction = retype(sentence.words, wordIndex, typed);
      if (correction) this.#runModel.correct(sentence, correction);
      return correction;
    });
  }

  /**
   * @param {Field} field
   * @param {Commit} commit
   */
  openFor(field, commit) {
    this.#field = field;
    this.#commit = commit;
    this.#input.value = field.text;
    this.#input.setAttribute("aria-label", `${field.label}. Enter keeps it, Escape cancels, a space splits it.`);
    this.#input.hidden = false;
    this.reposition();
    this.#input.focus({ preventScroll: true });
    this.#input.select();
  }

  /** Moves the field along with its word. */
  reposition() {
    if (!this.#field || !this.isOpen) return;
    const index = this.#runModel.cursor.focusedWord(this.#runModel.transcript)?.index ?? 0;
    const { top, height } = this.#stage.rowOf(index);
    const middle = (this.#stage.xAt(this.#field.start) + this.#stage.xAt(this.#field.end)) / 2;
    const wanted = Math.max(LEAST_WIDTH, CHARACTER * (this.#input.value.length + 3));
    const width = Math.min(wanted, this.#stage.width - 4);
    const left = Math.min(Math.max(2, middle - width / 2), Math.max(2, this.#stage.width - width - 2));
    Object.assign(this.#input.style, {
      left: `${left}px`, top: `${top + (height - HEIGHT) / 2}px`, width: `${width}px`, height: `${HEIGHT}px`,
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Enter") this.#keep();
    else if (event.key === "Tab") {
      const added = this.#keep();
      this.#focus.step(event.shiftKey ? -1 : 1 + added);
      event.preventDefault();
      return;
    } else return;
    event.preventDefault();
    this.#focus.focusWords();
  }

  /** Keeps what was typed. Returns by how many words there are more now. */
  #keep() {
    const commit = this.#commit;
    const typed = this.#input.value;
    this.#close();
    const correction = commit?.(typed);
    return correction ? correction.new.length - correction.old.length : 0;
  }

  #close() {
    this.#commit = null;
    this.#field = null;
    this.#input.hidden = true;
  }
}
