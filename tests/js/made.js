// Things the tests are made of: runs, sentences, updates, and a model that keeps what was sent.

/** @import { AnyModel } from "@anywidget/types" */
/** @import { Run, Update } from "../../paraformer_nb/widgets/static/timeline/store.js" */
/** @import { Sentence, Word } from "../../paraformer_nb/widgets/static/timeline/words.js" */

/**
 * @param {Partial<Run>} over
 * @returns {Run}
 */
export function makeRun(over = {}) {
  return {
    state: "streaming",
    clip: "lesson.flac",
    service: "Embedded · pocketsphinx",
    model: "paraformer-realtime-v2",
    notice: "",
    message: "",
    start: 0,
    duration: null,
    sent: 0,
    settled: 0,
    can_stop: true,
    ...over,
  };
}

/**
 * Words of half a second each.
 * @param {number} id
 * @param {number} start
 * @param {string} text
 * @param {boolean} isFinal
 * @returns {Sentence}
 */
export function makeSentence(id, start, text, isFinal = true) {
  const words = text.split(" ").map((word, i) => /** @type {Word} */ ([word, "", start + i / 2, start + i / 2 + 0.4, 0.9, i ? 1 : 0]));
  return { id, is_final: isFinal, start, end: start + words.length / 2, words };
}

/**
 * @param {number} seq
 * @param {Partial<Update>} over
 * @returns {Update}
 */
export function makeUpdate(seq, over) {
  return { kind: "update", seq, reset: false, ...over };
}

/** The kernel's side of a model, and what a host hands to a widget as the model. */
export class FakeModel {
  /** @type {string[]} the kinds of what was sent */
  sent = [];
  isDead = false;
  /** @type {((content: unknown, buffers: DataView[]) => void)[]} */
  handlers = [];

  /** @param {Update} update */
  receive(update) {
    for (const handler of [...this.handlers]) handler(update, []);
  }

  /** A new object each time, as anywidget makes one for each view. */
  proxy() {
    /** @type {unknown} */
    const proxy = {
      on: (/** @type {string} */ name, /** @type {FakeModel["handlers"][0]} */ handler) => {
        if (name === "msg:custom") this.handlers.push(handler);
      },
      off: (/** @type {string} */ _, /** @type {FakeModel["handlers"][0]} */ handler) => {
        this.handlers = this.handlers.filter((other) => other !== handler);
      },
      send: (/** @type {{ kind: string }} */ content) => {
        if (this.isDead) throw new Error("Cannot send");
        this.sent.push(content.kind);
      },
    };
    return /** @type {AnyModel} */ (proxy);
  }
}
