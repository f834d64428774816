// The card beside the word under the pointer: all that is known of it. For the focused word the same is in the row below.

import { make, setText } from "../dom/elements.js";
import { describeDetails } from "../text/text.js";

/** @import { Stage } from "../canvas/stage.js" */
/** @import { RunModel } from "../run_model.js" */

const REST_MS = 220; // that the pointer rests before it shows
const ABOVE = 6; // pixels between it and the word

export class WordCard {
  #runModel;
  #stage;
  #card;
  #text;
  #lines;
  /** Index of the word that it shows, or is about to; -1: none. */
  #index = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;

  /**
   * @param {RunModel} runModel
   * @param {Stage} stage
   */
  constructor(runModel, stage) {
    this.#runModel = runModel;
    this.#stage = stage;
    this.#card = make("div", "pnb-card", stage.box);
    this.#card.hidden = true;
    this.#card.setAttribute("aria-hidden", "true"); // the list of words and the row below say it
    this.#text = make("b", "", this.#card);
    this.#text.dir = "auto";
    this.#lines = make("span", "", this.#card);
    const canvas = stage.pictureCanvas;
    canvas.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const name of ["pointerleave", "pointerdown", "wheel"]) {
      canvas.addEventListener(name, () => this.#hide(), { passive: true });
    }
  }

  dispose() {
    clearTimeout(this.#resting);
  }

  /** Writes it again: what was recognised may have arrived, or the word be another. */
  update() {
    if (!this.#card.hidden) this.#show();
  }

  /** @param {PointerEvent} event */
  #onMove({ offsetX, offsetY, buttons, pointerType }) {
    const { part, index } = this.#stage.hit(offsetX, offsetY);
    const shown = part === "word" && buttons === 0 && pointerType !== "touch" ? index : -1;
    if (shown === this.#index) return;
    const wasShown = !this.#card.hidden;
    this.#hide();
    this.#index = shown;
    if (shown >= 0) this.#resting = setTimeout(() => this.#show(), wasShown ? 0 : REST_MS);
  }

  #hide() {
    clearTimeout(this.#resting);
    this.#index = -1;
    this.#card.hidden = true;
  }

  #show() {
    const { transcript, details } = this.#runModel;
    const word = transcript.words.rows[this.#index];
    if (!word) return this.#hide();
    const sentence = transcript.order[transcript.words.sentenceOf(this.#index)];
    setText(this.#text, word.text + word.punctuation);
    setText(this.#lines, describeDetails(word, sentence.speaker ?? "", details.of(sentence, word, transcript.run?.has_ended === true)).join("\n"));
    this.#card.hidden = false;
    const { words } = transcript;
    const middle = this.#stage.xAt((words.starts[this.#index] + words.ends[this.#index]) / 2);
    const left = Math.min(Math.max(4, middle - this.#card.offsetWidth / 2), this.#stage.width - this.#card.offsetWidth - 4);
    this.#card.style.left = `${left}px`;
    this.#card.style.top = `${Math.max(2, this.#stage.rowOf(this.#index).top - this.#card.offsetHeight - ABOVE)}px`;
  }
}
