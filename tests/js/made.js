// Things the tests are made of: runs, sentences, updates, and a model that keeps what was sent.

/** @import { AnyModel } from "@anywidget/types" */
/** @import { TimelineModel } from "../../paraformer_nb/widgets/static/timeline/model/cursor.js" */
/** @import { Run, Update } from "../../paraformer_nb/widgets/static/timeline/model/transcript.js" */
/** @import { Sentence, Word } from "../../paraformer_nb/widgets/static/timeline/model/words.js" */

/**
 * @param {Partial<RunState>} over
 * @returns {RunState}
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
    sound: { mime: "audio/webm", window_seconds: 10 },
    can_correct: true,
    can_undo: false,
    can_redo: false,
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
  const words = text.split(" ").map((word, i) => /** @type {Word} */ ([word, "", start + i / 2, start + i / 2 + 0.4, 0.9, i ? 1 : 0, 0]));
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
  /** @type {Record<string, unknown>[]} what was sent, whole */
  contents = [];
  /** @type {((content: unknown, buffers: DataView[]) => void)[]} */
  handlers = [];
  /** @type {Record<string, unknown>} */
  traits = { selection: [0, 0], playhead: 0 };
  /** @type {Map<string, Set<() => void>>} */
  observers = new Map();

  /**
   * @param {Update | Record<string, unknown>} message
   * @param {DataView[]} buffers
   */
  receive(message, buffers = []) {
    for (const handler of [...this.handlers]) handler(message, buffers);
  }

  /**
   * Python sets a trait.
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    this.traits[name] = value;
    for (const observer of this.observers.get(`change:${name}`) ?? []) observer();
  }

  /** A new object each time, as anywidget makes one for each view. */
  proxy() {
    /** @type {unknown} */
    const proxy = {
      on: (/** @type {string} */ name, /** @type {FakeModel["handlers"][0] & (() => void)} */ handler) => {
        if (name === "msg:custom") this.handlers.push(handler);
        else this.observers.set(name, (this.observers.get(name) ?? new Set()).add(handler));
      },
      off: (/** @type {string} */ name, /** @type {FakeModel["handlers"][0] & (() => void)} */ handler) => {
        this.handlers = this.handlers.filter((other) => other !== handler);
        this.observers.get(name)?.delete(handler);
      },
      get: (/** @type {string} */ name) => this.traits[name],
      set: (/** @type {string} */ name, /** @type {unknown} */ value) => this.set(name, value),
      save_changes: () => {},
      send: (/** @type {{ kind: string }} */ content) => {
        if (this.isDead) throw new Error("Cannot send");
        this.sent.push(content.kind);
        this.contents.push(content);
      },
    };
    return /** @type {AnyModel<TimelineModel>} */ (proxy);
  }
}
