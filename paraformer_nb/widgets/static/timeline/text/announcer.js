// Reads final sentences out to a screen reader, one at a time, through an invisible live region.

import { make } from "../dom/elements.js";
import { sentenceText } from "../model/words.js";
import { messageText, stateName } from "./text.js";

/** @import { RunModel } from "../run_model.js" */

const PAUSE_MS = 1500; // for a screen reader to read a sentence before the next one replaces it
const MOST_WAITING = 3; // a clip that is sent at once would queue minutes; the text pane has them all

export class Announcer {
  #region;
  #runModel;
  /** @type {string[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #hadEnded;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   */
  constructor(runModel, parent) {
    this.#runModel = runModel;
    this.#hadEnded = runModel.transcript.run?.has_ended === true;
    this.#region = make("div", "pnb-hidden", parent);
    this.#region.setAttribute("aria-live", "polite");
  }

  /**
   * Queues the sentences that became final, and the end; of several views of a run only the first one reads.
   * @param {Iterable<number>} ids of sentences that changed
   */
  announce(ids) {
    const { transcript, announced } = this.#runModel;
    for (const id of ids) {
      const sentence = transcript.sentences.get(id);
      if (!sentence?.is_final || announced.has(id)) continue;
      announced.add(id);
      this.#waiting.push(sentenceText(sentence.words));
    }
    const { run } = transcript;
    if (run?.has_ended && !this.#hadEnded) this.#waiting.push(`${stateName(run.state)}. ${messageText(run, transcript.gaps)}`);
    this.#hadEnded = run?.has_ended === true;
    this.#waiting.splice(0, this.#waiting.length - MOST_WAITING);
    if (this.#timer === undefined) this.#readNext();
  }

  #readNext() {
    this.#timer = undefined;
    const text = this.#waiting.shift();
    if (text === undefined) return;
    this.#region.textContent = text;
    this.#timer = setTimeout(() => this.#readNext(), PAUSE_MS);
  }

  dispose() {
    clearTimeout(this.#timer);
  }
}
