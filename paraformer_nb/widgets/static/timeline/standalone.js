// The timeline without a kernel: what a kernel would send is in the page.

import { servePage } from "./page.js";
import { RunModel } from "./run_model.js";
import { WholeSource } from "./sound/whole.js";
import { showView } from "./view.js";
import { translate } from "./model/language.js";

/** @import { AnyModel } from "@anywidget/types" */
/** @import { SavedRun } from "./messages.js" */
/** @import { TimelineModel } from "./model/cursor.js" */

const NO_SOUND = "This page was saved without its sound.";

/**
 * Shows the run that is in the page. It is in several script elements, and so is its sound: WebKit takes a minute to
 * read one of 24 MB. The returned function closes it.
 * @param {HTMLElement} parent
 */
export function mountPage(parent) {
  const runModel = runModelOf(JSON.parse(textsOf("pnb-run").join("")));
  const close = showView(runModel, parent);
  servePage(runModel);
  return close;
}

/**
 * Shows a saved run, until the returned function is called.
 * @param {HTMLElement} parent
 * @param {SavedRun} saved
 */
export function mountSavedRun(parent, saved) {
  return showView(runModelOf(saved), parent);
}

/** @param {SavedRun} saved */
function runModelOf(saved) {
  const { sound } = saved;
  /** @type {WholeSource | null} one for the player and for the waveform */
  let source = null;
  return new RunModel(modelOf(saved), () => {
    if (!sound) throw new Error(translate(NO_SOUND));
    source ??= sound.url === null ? sourceWithin(sound.mime, sound.start) : new WholeSource(sound.url, sound.start);
    return source;
  });
}

/**
 * The sound that is in the page. A `data:` URL of an hour would keep Firefox busy for ten seconds.
 * @param {string} mime
 * @param {number} start
 */
function sourceWithin(mime, start) {
  const file = new Blob(textsOf("pnb-sound").map(decode), { type: mime });
  return new WholeSource(URL.createObjectURL(file), start, () => file.arrayBuffer());
}

/**
 * The texts of the page's data elements of a class, in their order.
 * @param {string} name
 */
function textsOf(name) {
  return Array.from(document.querySelectorAll(`script.${name}`), (element) => element.textContent ?? "");
}

/**
 * A widget model with traits of its own. It answers `Sync`; other messages are ignored.
 * @param {SavedRun} saved
 * @returns {AnyModel<TimelineModel>}
 */
function modelOf({ updates }) {
  /** @type {Record<string, unknown>} */
  const traits = { selection: [0, 0], playhead: updates[0]?.update.run?.start ?? 0, rewind: 1, interface_language: "" };
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
      for (const { update, buffers } of updates) call("msg:custom", update, buffers.map(decode));
    },
  };
  return /** @type {AnyModel<TimelineModel>} */ (model);
}

/** @param {string} text base64 */
function decode(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new DataView(bytes.buffer);
}
