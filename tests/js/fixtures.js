// What the tests are made of: runs, words, sentences, updates, and a widget model that keeps what was sent.

import { writeWord } from "../../paraformer_nb/widgets/static/timeline/messages.js";

/** @import { AnyModel } from "@anywidget/types" */
/** @import { RunState, ToFrontEnd, Update, Word } from "../../paraformer_nb/widgets/static/timeline/messages.js" */
/** @import { TimelineModel } from "../../paraformer_nb/widgets/static/timeline/model/cursor.js" */
/** @import { Sentence } from "../../paraformer_nb/widgets/static/timeline/model/words.js" */

/**
 * @param {Partial<RunState>} over
 * @returns {RunState}
 */
export function makeRun(over = {}) {
  const state = over.state ?? "streaming";
  return {
    state,
    has_ended: ["finished", "stopped", "failed"].includes(state),
    clip: "lesson.flac",
    service: "Embedded · pocketsphinx",
    model: "paraformer-realtime-v2",
    language: "en",
    notice: "",
    message: "",
    start: 0,
    end: null,
    sent_until: 0,
    final_until: 0,
    can_stop: true,
    can_resume: false,
    can_correct: true,
    can_undo: false,
    can_redo: false,
    sound: { mime: "audio/webm", window_seconds: 10 },
    is_loading: false,
    retry: null,
    missing: 0,
    whole: 0,
    ...over,
  };
}

/**
 * A word as the recogniser gives it.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {Partial<Word>} over
 * @returns {Word}
 */
export function makeWord(text, start, end, over = {}) {
  return { text, punctuation: "", start, end, confidence: null, separator: " ", is_edited: false, ...over };
}

/**
 * A sentence with words of less than half a second each.
 * @param {number} id
 * @param {number} start
 * @param {string} text
 * @param {boolean} isFinal
 * @returns {Sentence}
 */
export function makeSentence(id, start, text, isFinal = true) {
  const words = text.split(" ").map((word, i) => {
    const begin = start + i / 2;
    return makeWord(word, begin, begin + 0.4, { confidence: 0.9, separator: i ? " " : "" });
  });
  return { id, is_final: isFinal, start, end: start + words.length / 2, separator: " ", words };
}

/**
 * An update as it travels.
 * @param {number} seq
 * @param {Omit<Partial<Update>, "sentences"> & { sentences?: Sentence[] }} over
 * @returns {Update}
 */
export function makeUpdate(seq, { sentences, ...over }) {
  const rows = sentences?.map((sentence) => ({ ...sentence, words: sentence.words.map(writeWord) }));
  return { kind: "update", seq, ...over, ...(rows && { sentences: rows }) };
}

/** The kernel's side of a widget model, and the model that a host passes to a widget. */
export class FakeModel {
  /** @type {string[]} the kinds of what was sent */
  sent = [];
  isDead = false;
  /** @type {Record<string, unknown>[]} the messages that were sent */
  contents = [];
  /** @type {((content: unknown, buffers: DataView[]) => void)[]} */
  handlers = [];
  /** @type {Record<string, unknown>} */
  traits = { selection: [0, 0], playhead: 0, rewind: 1 };
  /** @type {Map<string, Set<() => void>>} */
  observers = new Map();

  /**
   * @param {ToFrontEnd | { kind: string }} message
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

  /** Makes a new object each time, as anywidget does for each view. */
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
