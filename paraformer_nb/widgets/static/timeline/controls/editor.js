// The field in which a word is corrected: over the word in the running text, or over its block in the picture. With the
// arrow keys the caret leaves it for the word beside it.

import { make } from "../dom/elements.js";
import { MAX_TEXT } from "../messages.js";
import { retype } from "../model/corrections.js";
import { translate } from "../model/language.js";

/** @import { Correction } from "../model/corrections.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { TextPane } from "../text/text_pane.js" */
/** @import { Stage } from "../canvas/stage.js" */
/** @typedef {{ text: string, start: number, end: number, label: string }} Field */
/** @typedef {"text" | "picture"} Host where the field is */
/** @typedef {"all" | "start" | "end"} Caret what is selected in it at first: all of it, or nothing at its start or end */
/**
 * What the field has done, beside its own corrections.
 * @typedef {object} EditorActions
 * @property {() => void} focusWords
 * @property {(steps: number, host: Host, caret: Caret) => void} step opens the field of another word
 * @property {(steps: number, host: Host) => void} stepDoubtful opens the field of another doubtful word
 * @property {() => void} replay plays the sentence, with the field open
 * @property {() => void} closed it was closed, and no other one opened
 */
/** @typedef {(typed: string) => Correction | null} Commit makes the correction of what was typed */

const LEAST_WIDTH = 72;
const TEXT_HEIGHT = 28;
const TEXT_SIDES = 10; // pixels beside what is typed
const HEIGHT = 34;
const CHARACTER = 9; // pixels, about

export class Editor {
  #runModel;
  #stage;
  #textPane;
  #input;
  #actions;
  /** @type {Host} */
  #host = "picture";
  #measure = document.createElement("canvas").getContext("2d");
  /** @type {Commit | null} null: it is closed */
  #commit = null;
  /** @type {Field | null} */
  #field = null;

  /**
   * @param {RunModel} runModel
   * @param {Stage} stage
   * @param {TextPane} textPane
   * @param {EditorActions} actions
   */
  constructor(runModel, stage, textPane, actions) {
    this.#runModel = runModel;
    this.#stage = stage;
    this.#textPane = textPane;
    this.#actions = actions;
    this.#input = make("input", "pnb-editor", stage.box);
    this.#input.maxLength = MAX_TEXT;
    this.#input.spellcheck = false;
    this.#input.dir = "auto";
    this.#input.hidden = true;
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#input.addEventListener("blur", () => this.#keep());
    this.#input.addEventListener("input", () => this.#onInput());
    textPane.box.addEventListener("scroll", () => this.reposition());
  }

  get isOpen() {
    return this.#commit !== null;
  }

  /**
   * Opens for the focused word.
   * @param {Host} host
   * @param {Caret} caret
   */
  open(host, caret = "all") {
    this.#host = host;
    const { cursor, transcript } = this.#runModel;
    const focused = cursor.focusedWord(transcript);
    if (!focused) return;
    const { sentence, wordIndex } = focused;
    const { text, punctuation, start, end } = sentence.words[wordIndex];
    this.openFor({ text: text + punctuation, start, end, label: translate("Correct the word {0}", text) }, (typed) => {
      const correction = retype(sentence.words, wordIndex, typed);
      if (correction) this.#runModel.correct(sentence, correction);
      return correction;
    }, host, caret);
  }

  /**
   * @param {Field} field
   * @param {Commit} commit
   * @param {Host} host
   * @param {Caret} caret
   */
  openFor(field, commit, host = "picture", caret = "all") {
    this.#host = host;
    (host === "text" ? this.#textPane.outer : this.#stage.box).append(this.#input);
    this.#input.classList.toggle("pnb-in-text", host === "text");
    this.#field = field;
    this.#commit = commit;
    this.#input.value = field.text;
    this.#input.setAttribute("aria-label", translate("{0}. Enter keeps it, Escape cancels, a space splits it.", field.label));
    this.#input.hidden = false;
    this.reposition();
    this.#input.focus({ preventScroll: true });
    if (caret === "all") this.#input.select();
    else {
      const position = caret === "start" ? 0 : MAX_TEXT;
      this.#input.setSelectionRange(position, position);
    }
  }

  /** What is typed while the sound plays pauses it. */
  #onInput() {
    this.#runModel.playback.pause();
    this.reposition();
  }

  /** Moves the field along with its word. */
  reposition() {
    if (!this.#field || !this.isOpen) return;
    if (this.#host === "text") return this.#placeInText();
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

  /** Over the word in the text, as wide as what is typed. */
  #placeInText() {
    const focused = this.#runModel.cursor.focusedWord(this.#runModel.transcript);
    const range = focused && this.#textPane.rangeOf(focused, focused);
    if (!range || !this.#measure) return;
    const [word] = range.getClientRects();
    if (!word) return;
    const outer = this.#textPane.outer.getBoundingClientRect();
    const style = getComputedStyle(this.#input);
    this.#measure.font = `${style.fontSize} ${style.fontFamily}`;
    const width = Math.max(range.getBoundingClientRect().width, this.#measure.measureText(this.#input.value).width) + TEXT_SIDES;
    const left = Math.min(word.left - outer.left - TEXT_SIDES / 2, outer.width - width - TEXT_SIDES);
    const top = word.top - outer.top + (word.height - TEXT_HEIGHT) / 2;
    Object.assign(this.#input.style, {
      left: `${Math.max(2, left)}px`, top: `${top}px`, width: `${width}px`, height: `${TEXT_HEIGHT}px`,
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return;
    const { key, shiftKey } = event;
    const leaving = this.#leaving(event);
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) this.#actions.replay();
    else if (key === "Escape" || key === "Enter") {
      if (key === "Enter") this.#keep();
      else this.#close();
      this.#actions.focusWords();
      this.#actions.closed();
    } else if (key === "Tab") {
      const added = this.#keep();
      this.#actions.stepDoubtful(shiftKey ? -1 : 1 + added, this.#host);
    } else if (leaving !== 0) {
      const added = this.#keep();
      this.#actions.step(leaving < 0 ? -1 : 1 + added, this.#host, leaving < 0 ? "end" : "start");
    } else return;
    event.preventDefault();
  }

  /**
   * -1 or 1 where an arrow key moves the caret out of the field.
   * @param {KeyboardEvent} event
   */
  #leaving({ key, shiftKey, altKey }) {
    const { selectionStart, selectionEnd, value } = this.#input;
    if (selectionStart !== selectionEnd || shiftKey || altKey) return 0;
    if (key === "ArrowLeft" && selectionStart === 0) return -1;
    return key === "ArrowRight" && selectionStart === value.length ? 1 : 0;
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
