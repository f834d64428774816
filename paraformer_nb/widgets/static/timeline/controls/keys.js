// All keys of the words, in one table by groups: what is pressed, what it does, what the help calls it. Only while something is
// typed or read are there other keys, each beside its element: Enter, Tab and Escape in the field of a word (editor.js);
// Enter, Shift+Enter and Escape in the field to search in (toolbar.js); Escape and ? in the help (help.js).

import { translate, translateKnown } from "../model/language.js";

/** @import { Commands } from "./commands.js" */
/** @import { Text } from "../model/language.js" */
/**
 * Keys whose commands have a button as well, which shows the key.
 * @typedef {"play" | "back" | "forward" | "time" | "quieter" | "louder" | "all" | "region" | "zoomSelection" | "playWord" | "loop" | "slower" | "faster" | "zoomIn" | "zoomOut" | "follow" | "spectrogram"
 *   | "correct" | "split" | "merge" | "insert" | "delete" | "undo" | "redo" | "help"} KeyId
 */
/** @typedef {{ keys: string[], text: Text, run: (commands: Commands) => void, amount?: number, id?: KeyId, needsKernel?: boolean }} Key `amount` is {0} in its text */

export const ZOOM_STEP = 0.7;
export const STEP_SECONDS = 5; // that a key or a button moves the playhead by
export const NUDGE_MS = 10; // that a key moves an edge of a word by
const AMPLIFY_STEP = 1.5;
const PAGE = 0.8; // of the window

// A key is written as in KeyboardEvent.key, with Ctrl (on a Mac ⌘ as well), Alt and Shift before it.
/** @type {Partial<Record<Text, Key[]>>} */
export const GROUPS = {
  Listening: [
    { keys: ["Space", "k"], text: "play or pause; a selection is played to its end", run: (c) => c.togglePlay(), id: "play" },
    { keys: ["p"], text: "play the word alone", run: (c) => c.playWord(), id: "playWord" },
    { keys: ["Shift+p"], text: "play the sentence", run: (c) => c.proofreading.replaySentence() },
    { keys: ["j"], text: "{0} s back", amount: STEP_SECONDS, run: (c) => c.skip(-STEP_SECONDS), id: "back" },
    { keys: ["l"], text: "{0} s on", amount: STEP_SECONDS, run: (c) => c.skip(STEP_SECONDS), id: "forward" },
    { keys: ["t"], text: "type a time to go to", run: (c) => c.focusTime(), id: "time" },
    { keys: ["r"], text: "loop the selection, or the clip", run: (c) => c.toggleLoop(), id: "loop" },
    { keys: [","], text: "slower", run: (c) => c.changeRate(-1), id: "slower" },
    { keys: ["."], text: "faster", run: (c) => c.changeRate(1), id: "faster" },
    { keys: ["Shift+ArrowDown"], text: "quieter", run: (c) => c.changeVolume(-1), id: "quieter" },
    { keys: ["Shift+ArrowUp"], text: "louder", run: (c) => c.changeVolume(1), id: "louder" },
  ],
  Moving: [
    { keys: ["ArrowLeft"], text: "previous word", run: (c) => c.stepWord(-1) },
    { keys: ["ArrowRight"], text: "next word", run: (c) => c.stepWord(1) },
    { keys: ["ArrowUp", "Ctrl+ArrowLeft"], text: "previous sentence", run: (c) => c.stepSentence(-1) },
    { keys: ["ArrowDown", "Ctrl+ArrowRight"], text: "next sentence", run: (c) => c.stepSentence(1) },
    { keys: ["Home"], text: "first word", run: (c) => c.jump("first") },
    { keys: ["End"], text: "last word", run: (c) => c.jump("last") },
    { keys: ["d"], text: "next doubtful word", run: (c) => c.proofreading.goToDoubtful(1) },
    { keys: ["Shift+d"], text: "previous doubtful word", run: (c) => c.proofreading.goToDoubtful(-1) },
    { keys: ["/"], text: "find", run: (c) => c.focusFind() },
    { keys: ["n"], text: "next occurrence, or span of the layer added last", run: (c) => c.findNext(1) },
    { keys: ["Shift+n"], text: "previous occurrence, or span of that layer", run: (c) => c.findNext(-1) },
  ],
  Correcting: [
    { keys: ["Enter"], text: "correct the word", run: (c) => c.proofreading.edit(), id: "correct" },
    { keys: ["s"], text: "split the word, at the playhead if that is in it", run: (c) => c.correcting.split(), id: "split" },
    { keys: ["m"], text: "merge with the next word", run: (c) => c.correcting.merge(), id: "merge" },
    { keys: ["i"], text: "insert a word after this one", run: (c) => c.correcting.insert(), id: "insert" },
    { keys: ["Delete", "Backspace"], text: "delete the word", run: (c) => c.correcting.remove(), id: "delete" },
    { keys: ["Alt+ArrowLeft"], text: "the word begins {0} ms earlier", amount: NUDGE_MS, run: (c) => c.correcting.nudge("start", -1) },
    { keys: ["Alt+ArrowRight"], text: "the word begins {0} ms later", amount: NUDGE_MS, run: (c) => c.correcting.nudge("start", 1) },
    { keys: ["Alt+Shift+ArrowLeft"], text: "the word ends {0} ms earlier", amount: NUDGE_MS, run: (c) => c.correcting.nudge("end", -1) },
    { keys: ["Alt+Shift+ArrowRight"], text: "the word ends {0} ms later", amount: NUDGE_MS, run: (c) => c.correcting.nudge("end", 1) },
    { keys: ["Ctrl+z"], text: "undo", run: (c) => c.undo(), id: "undo" },
    { keys: ["Ctrl+Shift+z", "Ctrl+y"], text: "redo", run: (c) => c.redo(), id: "redo" },
  ],
  Selecting: [
    { keys: ["Shift+ArrowLeft"], text: "select to the previous word", run: (c) => c.extend(-1) },
    { keys: ["Shift+ArrowRight"], text: "select to the next word", run: (c) => c.extend(1) },
    { keys: ["b"], text: "mark the selection as a region, and name it", run: (c) => c.markRegion(), id: "region", needsKernel: true },
    { keys: ["Ctrl+a"], text: "select the running text, to copy it", run: (c) => c.selectText() },
    { keys: ["Escape"], text: "stop playing; then clear selection, search, focused word", run: (c) => c.escape() },
  ],
  "The picture": [
    { keys: ["+", "="], text: "zoom in", run: (c) => c.zoom(ZOOM_STEP), id: "zoomIn" },
    { keys: ["-"], text: "zoom out", run: (c) => c.zoom(1 / ZOOM_STEP), id: "zoomOut" },
    { keys: ["0"], text: "show the whole clip; again: zoom back in", run: (c) => c.fit(), id: "all" },
    { keys: ["e"], text: "show the selection, as large as it can be", run: (c) => c.zoomToSelection(), id: "zoomSelection" },
    { keys: ["Alt+ArrowUp"], text: "a larger waveform", run: (c) => c.amplify(AMPLIFY_STEP) },
    { keys: ["Alt+ArrowDown"], text: "a smaller waveform", run: (c) => c.amplify(1 / AMPLIFY_STEP) },
    { keys: ["PageUp"], text: "one window back", run: (c) => c.page(-PAGE) },
    { keys: ["PageDown"], text: "one window forward", run: (c) => c.page(PAGE) },
    { keys: ["f"], text: "follow the newest words, or at the end the playhead", run: (c) => c.toggleFollow(), id: "follow" },
    { keys: ["g"], text: "spectrogram", run: (c) => c.toggleSpectrogram(), id: "spectrogram", needsKernel: true },
    { keys: ["?"], text: "this list", run: (c) => c.toggleHelp(), id: "help" },
  ],
};

/** @type {Key[]} */
export const KEYS = Object.values(GROUPS).flat();

// Chords that the notebook gets: those that act on the page as a whole. It gets no other, because it would act on cells:
// merge, select, move or run them, and the view would be lost. What the browser itself does (copy, zoom, print, reload)
// goes on working with every chord that the view does not use.
const FOR_NOTEBOOK = [
  "Ctrl+s", "Ctrl+Shift+s", // save: the browser would save the page
  "Ctrl+f", "Ctrl+g", "Ctrl+Shift+g", // search in the notebook: the view's own search finds nothing outside of it
  "Ctrl+Shift+c", "Ctrl+Shift+p", // all commands, in JupyterLab and in VS Code
  "Ctrl+p", // print: the browser would print what is on screen
  "Ctrl+b", "Ctrl+j", // show and hide the sidebars
];

/** @type {Partial<Record<string, string>>} */
const SHOWN = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page up", PageDown: "Page down", Escape: "Esc",
};

/**
 * Formats a key for people.
 * @param {string} key
 */
export function shownKey(key) {
  const parts = key === "+" ? ["+"] : key.split("+");
  const last = parts[parts.length - 1];
  const name = translateKnown(SHOWN[last] ?? (last.length === 1 ? last.toUpperCase() : last));
  return [...parts.slice(0, -1), name].join(" ");
}

/**
 * The name of a button followed by its keys, as in "Loop (L)"; {0} in it is the amount of the first one.
 * @param {Text} text
 * @param {...KeyId} ids
 */
export function withKeys(text, ...ids) {
  const entries = KEYS.filter(({ id }) => id && ids.includes(id));
  const name = translate(text, entries[0]?.amount ?? "");
  const keys = entries.map((entry) => shownKey(entry.keys[0]));
  return keys.length ? translate("{0} ({1})", name, keys.reduce((all, key) => translate("{0} and {1}", all, key))) : name;
}

/** @typedef {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey: boolean }} Press */

/**
 * The entry of a press, or undefined.
 * @param {Press} press
 */
export function keyOf(press) {
  const name = nameOf(press);
  return KEYS.find(({ keys }) => keys.includes(name));
}

/**
 * Whether the notebook gets a press.
 * @param {Press} press
 */
export function isForNotebook(press) {
  return FOR_NOTEBOOK.includes(nameOf(press));
}

/**
 * A press as `KEYS` writes it.
 * @param {Press} press
 */
function nameOf(press) {
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key; // Caps Lock changes nothing
  const name = key === " " ? "Space" : key;
  const isSign = name.length === 1 && !/[a-z]/iu.test(name); // typed with Shift or without, as keyboards differ
  const { ctrlKey, metaKey, altKey, shiftKey } = press;
  return [ctrlKey || metaKey ? "Ctrl" : "", altKey ? "Alt" : "", shiftKey && !isSign ? "Shift" : "", name].filter(Boolean).join("+");
}
