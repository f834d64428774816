// Keeps the transcript steady: it never shrinks in a jump, and stays along with its end, or where a
// person scrolled it to.

/** @import { Session } from "../session.js" */
/** @import { Transcript } from "./transcript.js" */

const NEAR_END = 12; // pixels from the end that still count as being there

export class SteadyScroll {
  #session;
  #transcript;
  #width = 0;
  /** The tallest the box has been at this width. */
  #tallest = 0;
  /** @type {Set<HTMLElement>} paragraphs that are kept at a height */
  #kept = new Set();

  /**
   * @param {Session} session
   * @param {Transcript} transcript
   */
  constructor(session, transcript) {
    this.#session = session;
    this.#transcript = transcript;
    transcript.box.addEventListener("scroll", () => this.#remember());
  }

  /** After the text or the width changed. */
  settle() {
    const { box } = this.#transcript;
    if (box.clientWidth === 0) return;
    if (box.clientWidth !== this.#width) this.#release();
    this.#width = box.clientWidth;
    this.#keepHeights();
    const { textTop } = this.#session;
    box.scrollTop = textTop ?? box.scrollHeight;
  }

  #release() {
    this.#tallest = 0;
    this.#transcript.box.style.minHeight = "";
    for (const paragraph of this.#kept) paragraph.style.minHeight = "";
    this.#kept.clear();
  }

  /** A paragraph keeps the height it had until its sentences are settled, the box for good. */
  #keepHeights() {
    const changing = new Set(this.#transcript.unsettledParagraphs);
    for (const paragraph of this.#kept) {
      if (changing.has(/** @type {HTMLParagraphElement} */ (paragraph))) continue;
      paragraph.style.minHeight = "";
      this.#kept.delete(paragraph);
    }
    for (const paragraph of changing) {
      paragraph.style.minHeight = `${paragraph.offsetHeight}px`;
      this.#kept.add(paragraph);
    }
    const { box } = this.#transcript;
    if (box.offsetHeight <= this.#tallest) return;
    this.#tallest = box.offsetHeight;
    box.style.minHeight = `${this.#tallest}px`;
  }

  /** Where the text was scrolled to, by a person or by `settle`; the latter changes nothing. */
  #remember() {
    const { box } = this.#transcript;
    if (box.clientWidth === 0 || !box.isConnected) return;
    const isAtEnd = box.scrollHeight - box.clientHeight - box.scrollTop < NEAR_END;
    this.#session.textTop = isAtEnd ? null : box.scrollTop;
  }
}
