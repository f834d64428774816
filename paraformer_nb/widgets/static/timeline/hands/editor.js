// The field in which a word is typed anew, over its block in the picture.

import { retype } from "../run/edits.js";
import { make } from "../text/dom.js";

/** @import { Correction } from "../run/edits.js" */
/** @import { Session } from "../session.js" */
/** @import { Stage } from "../picture/stage.js" */
/** @typedef {{ text: string, start: number, end: number, label: string }} Field */
/** @typedef {(typed: string) => Correction | null} Take what becomes of what was typed */

const LEAST_WIDTH = 72;
const CHARACTER = 9; // pixels, about
const LONGEST = 500; // characters, as the kernel takes them

export class Editor {
  #session;
  #stage;
  #input;
  #leave;
  /** @type {Take | null} null: it is closed */
  #take = null;
  /** @type {Field | null} */
  #field = null;

  /**
   * @param {Session} session
   * @param {Stage} stage
   * @param {{ toWords: () => void, step: (steps: number) => void }} leave where the focus goes: to the words, or on to a neighbour's field
   */
  constructor(session, stage, leave) {
    this.#session = session;
    this.#stage = stage;
    this.#leave = leave;
    this.#input = make("input", "pnb-editor", stage.box);
    this.#input.maxLength = LONGEST;
    this.#input.spellcheck = false;
    this.#input.dir = "auto";
    this.#input.hidden = true;
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#input.addEventListener("blur", () => this.#commit());
    this.#input.addEventListener("input", () => this.place());
  }

  get isOpen() {
    return this.#take !== null;
  }

  /** Opens for the focused word. */
  open() {
    const { cursor, store } = this.#session;
    const place = cursor.placeIn(store);
    if (!place) return;
    const { sentence } = place;
    const [text, punctuation, start, end] = sentence.words[place.place];
    this.openFor({ text: text + punctuation, start, end, label: `Correct the word ${text}` }, (typed) => {
      const correction = retype(sentence.words, place.place, typed);
      if (correction) this.#session.correct(sentence, correction);
      return correction;
    });
  }

  /**
   * @param {Field} field
   * @param {Take} take
   */
  openFor(field, take) {
    this.#field = field;
    this.#take = take;
    this.#input.value = field.text;
    this.#input.setAttribute("aria-label", `${field.label}. Enter keeps, Escape leaves, a space splits.`);
    this.#input.hidden = false;
    this.place();
    this.#input.focus({ preventScroll: true });
    this.#input.select();
  }

  /** Keeps the field over its word while the window moves. */
  place() {
    if (!this.#field || !this.isOpen) return;
    const { top, height } = this.#stage.wordRow;
    const middle = (this.#stage.xAt(this.#field.start) + this.#stage.xAt(this.#field.end)) / 2;
    const wanted = Math.max(LEAST_WIDTH, CHARACTER * (this.#input.value.length + 3));
    const width = Math.min(wanted, this.#stage.width - 4);
    const left = Math.min(Math.max(2, middle - width / 2), Math.max(2, this.#stage.width - width - 2));
    Object.assign(this.#input.style, {
      left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`,
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    event.stopPropagation(); // what is typed is no command
    if (event.isComposing) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Enter") this.#commit();
    else if (event.key === "Tab") {
      const added = this.#commit();
      this.#leave.step(event.shiftKey ? -1 : 1 + added);
      event.preventDefault();
      return;
    } else return;
    event.preventDefault();
    this.#leave.toWords();
  }

  /** Keeps what was typed; says by how many there are more words now. */
  #commit() {
    const take = this.#take;
    const typed = this.#input.value;
    this.#close();
    const correction = take?.(typed);
    return correction ? correction.new.length - correction.old.length : 0;
  }

  #close() {
    this.#take = null;
    this.#field = null;
    this.#input.hidden = true;
  }
}
