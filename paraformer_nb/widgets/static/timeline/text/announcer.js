// Reads settled sentences out to a screen reader, one at a time, through a live region nobody sees.

import { make } from "./dom.js";
import { sentenceText, stateName } from "./text.js";
import { isTerminal } from "../run/store.js";

/** @import { Session } from "../session.js" */

const PAUSE_MS = 1500; // for a screen reader to take a sentence up before the next replaces it
const MOST_WAITING = 3; // a clip sent at once would queue minutes; the transcript is there to be read

export class Announcer {
  #region;
  #session;
  /** @type {string[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #wasTerminal;

  /**
   * @param {Session} session
   * @param {HTMLElement} parent
   */
  constructor(session, parent) {
    this.#session = session;
    const { run } = session.store;
    this.#wasTerminal = run !== null && isTerminal(run.state);
    this.#region = make("div", "pnb-hidden", parent);
    this.#region.setAttribute("aria-live", "polite");
  }

  /**
   * Queues what was settled; with several views of a run only the first to come speaks.
   * @param {Iterable<number>} ids of sentences that changed
   */
  hear(ids) {
    const { store, announced } = this.#session;
    for (const id of ids) {
      const sentence = store.sentences.get(id);
      if (!sentence?.is_final || announced.has(id)) continue;
      announced.add(id);
      this.#waiting.push(sentenceText(sentence.words));
    }
    const { run } = store;
    const isOver = run !== null && isTerminal(run.state);
    if (run && isOver && !this.#wasTerminal) this.#waiting.push(`${stateName(run.state)}. ${run.message}`);
    this.#wasTerminal = isOver;
    this.#waiting.splice(0, this.#waiting.length - MOST_WAITING);
    if (this.#timer === undefined) this.#speak();
  }

  #speak() {
    this.#timer = undefined;
    const text = this.#waiting.shift();
    if (text === undefined) return;
    this.#region.textContent = text;
    this.#timer = setTimeout(() => this.#speak(), PAUSE_MS);
  }

  dispose() {
    clearTimeout(this.#timer);
  }
}
