// Keeps the text pane steady: it never shrinks in a jump, and follows its end, or stays where a person
// scrolled it to.

/** @import { RunModel } from "../run_model.js" */
/** @import { TextPane } from "./text_pane.js" */

const NEAR_END = 12; // pixels from the end that still count as the end

export class SteadyScroll {
  #runModel;
  #textPane;
  #width = 0;
  /** The greatest height of the box at this width. */
  #tallest = 0;
  /** @type {Set<HTMLElement>} paragraphs with a minimum height */
  #kept = new Set();

  /**
   * @param {RunModel} runModel
   * @param {TextPane} textPane
   */
  constructor(runModel, textPane) {
    this.#runModel = runModel;
    this.#textPane = textPane;
    textPane.box.addEventListener("scroll", () => this.#saveTop());
  }

  /** Scrolls, after the text or the width changed. */
  update() {
    const { box } = this.#textPane;
    if (box.clientWidth === 0) return;
    if (box.clientWidth !== this.#width) this.#releaseHeights();
    this.#width = box.clientWidth;
    this.#keepHeights();
    const top = this.#runModel.textTop;
    if (top === null) this.#textPane.scrollToEnd();
    else box.scrollTop = top;
  }

  #releaseHeights() {
    this.#tallest = 0;
    this.#textPane.box.style.removeProperty("--pnb-tallest");
    for (const paragraph of this.#kept) paragraph.style.minHeight = "";
    this.#kept.clear();
  }

  /** A paragraph keeps its height until its sentences are final, the box for good. */
  #keepHeights() {
    const changing = new Set(this.#textPane.partialParagraphs);
    for (const paragraph of this.#kept) {
      if (changing.has(/** @type {HTMLParagraphElement} */ (paragraph))) continue;
      paragraph.style.minHeight = "";
      this.#kept.delete(paragraph);
    }
    for (const paragraph of changing) {
      paragraph.style.minHeight = `${paragraph.offsetHeight}px`;
      this.#kept.add(paragraph);
    }
    const { box } = this.#textPane;
    if (box.offsetHeight <= this.#tallest) return;
    this.#tallest = box.offsetHeight;
    box.style.setProperty("--pnb-tallest", `${this.#tallest}px`);
  }

  /** Saves where the text was scrolled to, by a person or by `update`; the latter changes nothing. */
  #saveTop() {
    const { box } = this.#textPane;
    if (box.clientWidth === 0 || !box.isConnected) return;
    const isAtEnd = box.scrollHeight - box.clientHeight - box.scrollTop < NEAR_END;
    this.#runModel.textTop = isAtEnd ? null : box.scrollTop;
  }
}
