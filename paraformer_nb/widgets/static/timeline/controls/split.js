// The handle between text and picture, with which a person chooses the height of the text.

import { make, setAttribute } from "../dom/elements.js";
import { translate } from "../model/language.js";

/** @import { RunModel } from "../run_model.js" */

const LINE = 26; // pixels of a key
const LEAST = 52;
const MOST = 0.75; // of the window's height

export class Split {
  #runModel;
  #box;
  #handle;
  /** @type {number | null | undefined} the height that was set last */
  #shown;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} box of the text
   * @param {HTMLElement} parent
   */
  constructor(runModel, box, parent) {
    this.#runModel = runModel;
    this.#box = box;
    this.#handle = make("div", "pnb-split", parent);
    this.#handle.tabIndex = 0;
    this.#handle.setAttribute("role", "separator");
    this.#handle.setAttribute("aria-orientation", "horizontal");
    this.#handle.setAttribute("aria-label", translate("Height of the transcript: drag it, or press the arrow keys"));
    this.#handle.addEventListener("keydown", (event) => this.#onKey(event));
    this.#handle.addEventListener("dblclick", () => this.#choose(null));
    this.#listenToDrags();
  }

  update() {
    const { textHeight } = this.#runModel;
    if (textHeight === this.#shown) return; // reading heights costs a layout
    this.#shown = textHeight;
    this.#box.classList.toggle("pnb-sized", textHeight !== null);
    this.#box.style.height = textHeight === null ? "" : `${textHeight}px`;
    setAttribute(this.#handle, "aria-valuenow", String(this.#box.offsetHeight));
    setAttribute(this.#handle, "aria-valuemin", String(LEAST));
    setAttribute(this.#handle, "aria-valuemax", String(Math.round(innerHeight * MOST)));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const lines = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
    if (lines === undefined) return;
    event.preventDefault();
    this.#choose(this.#box.offsetHeight + lines * LINE);
  }

  #listenToDrags() {
    let held = 0;
    this.#handle.addEventListener("pointerdown", (event) => {
      this.#handle.setPointerCapture(event.pointerId);
      held = event.clientY - this.#box.offsetHeight;
    });
    this.#handle.addEventListener("pointermove", (event) => {
      if (this.#handle.hasPointerCapture(event.pointerId)) this.#choose(event.clientY - held);
    });
  }

  /** @param {number | null} height null: as high as the text, up to five lines */
  #choose(height) {
    this.#runModel.textHeight = height === null ? null : Math.round(Math.min(innerHeight * MOST, Math.max(LEAST, height)));
    this.update();
    this.#runModel.notifyViewChange();
  }
}
