// Keeps text and picture together: whichever a person moves, the other one follows. What moves by itself does not count,
// so that neither leads the other in a circle.

/** @import { Stage } from "../canvas/stage.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { TextPane } from "../text/text_pane.js" */

const BY_HAND_MS = 600; // after a press or a turn of the wheel in which what moves is moved by the person
const TEXT_INPUTS = ["wheel", "touchmove", "pointerdown", "keydown"];
const PICTURE_INPUTS = ["wheel", "pointerdown", "pointermove"];

export class ScrollLink {
  #runModel;
  #stage;
  #textPane;
  #textUntil = 0;
  #pictureUntil = 0;
  #start = NaN;

  /**
   * @param {RunModel} runModel
   * @param {Stage} stage
   * @param {TextPane} textPane
   */
  constructor(runModel, stage, textPane) {
    this.#runModel = runModel;
    this.#stage = stage;
    this.#textPane = textPane;
    for (const name of TEXT_INPUTS) {
      textPane.box.addEventListener(name, () => (this.#textUntil = performance.now() + BY_HAND_MS), { passive: true });
    }
    for (const canvas of [stage.pictureCanvas, stage.minimapCanvas]) {
      for (const name of PICTURE_INPUTS) {
        canvas.addEventListener(name, (event) => this.#onPictureInput(event), { passive: true });
      }
    }
    textPane.box.addEventListener("scroll", () => this.#onScroll());
  }

  /** @param {Event} event */
  #onPictureInput(event) {
    if (event instanceof PointerEvent && event.buttons === 0) return;
    this.#pictureUntil = performance.now() + BY_HAND_MS;
  }

  /** A person scrolled the text: the picture shows the first sentence that is on view. */
  #onScroll() {
    if (performance.now() > this.#textUntil || this.#runModel.playback.isPlaying) return;
    const sentence = this.#textPane.firstOnView;
    const { start, span } = this.#stage.shown;
    if (sentence && (sentence.start < start || sentence.start > start + span / 2)) this.#stage.moveTo(sentence.start - span / 20);
  }

  /** Called after each drawing: where a person moved the picture, the text shows the first sentence in it. */
  update() {
    const { start } = this.#stage.shown;
    const hasMoved = start !== this.#start;
    this.#start = start;
    if (!hasMoved || performance.now() > this.#pictureUntil || this.#runModel.playback.isPlaying) return;
    const { words, order } = this.#runModel.transcript;
    const [first, after] = words.between(start, Infinity);
    if (first < after) this.#textPane.revealSentence(order[words.sentenceOf(first)].id);
  }
}
