// The timeline without a kernel: a recording that stands in the page plays the kernel's part.

import { Session } from "./session.js";
import { View } from "./view.js";
import { WholeSource } from "./sound/whole.js";

/** @import { AnyModel } from "@anywidget/types" */
/** @import { TimelineModel } from "./run/cursor.js" */
/** @import { Update } from "./run/store.js" */
/** @typedef {Omit<Update, "kind" | "seq"> & { buffers: string[] }} StoredUpdate buffers in base64 */
/** @typedef {{ updates: StoredUpdate[], sound: { url: string, start: number } | null }} StoredRecording */

const NO_SOUND = "This page was saved without its sound.";

/**
 * @param {HTMLElement} parent
 * @param {StoredRecording} recording
 */
export function mountRecording(parent, recording) {
  const { sound } = recording;
  const session = new Session(modelOf(recording), () => {
    if (!sound) throw new Error(NO_SOUND);
    return new WholeSource(sound.url, sound.start);
  });
  return new View(session, parent);
}

/**
 * A model with traits of its own, which answers a question for everything, and nothing else.
 * @param {StoredRecording} recording
 * @returns {AnyModel<TimelineModel>}
 */
function modelOf({ updates }) {
  /** @type {Record<string, unknown>} */
  const traits = { selection: [0, 0], playhead: updates[0]?.run?.start ?? 0 };
  /** @type {Map<string, Set<(...values: any[]) => void>>} */
  const handlers = new Map();
  const call = (/** @type {string} */ name, /** @type {any[]} */ ...values) => {
    for (const handler of [...(handlers.get(name) ?? [])]) handler(...values);
  };
  /** @type {unknown} */
  const model = {
    get: (/** @type {string} */ name) => traits[name],
    set: (/** @type {string} */ name, /** @type {unknown} */ value) => {
      traits[name] = value;
      call(`change:${name}`);
    },
    save_changes: () => {},
    on: (/** @type {string} */ name, /** @type {(...values: any[]) => void} */ handler) => {
      handlers.set(name, (handlers.get(name) ?? new Set()).add(handler));
    },
    off: (/** @type {string} */ name, /** @type {(...values: any[]) => void} */ handler) => {
      handlers.get(name)?.delete(handler);
    },
    send: (/** @type {{ kind: string }} */ { kind }) => {
      if (kind !== "sync") return;
      updates.forEach(({ buffers, ...update }, seq) => {
        call("msg:custom", { kind: "update", seq, reset: seq === 0, ...update }, buffers.map(decode));
      });
    },
  };
  return /** @type {AnyModel<TimelineModel>} */ (model);
}

/** @param {string} text base64 */
function decode(text) {
  return new DataView(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}
