// The keys of the view, in one table: what is pressed, what it does, how the help says it.

/** @import { Commands } from "./commands.js" */
/** @typedef {{ keys: string[], says: string, does: (commands: Commands) => void }} Key */

export const ZOOM_STEP = 0.7;
const PAGE = 0.8; // of the window

// A key is written as in KeyboardEvent.key, with Ctrl (on a Mac ⌘ as well), Alt and Shift before it.
/** @type {Key[]} */
export const KEYS = [
  { keys: ["Space"], says: "play or pause; a selection is played to its end", does: (c) => c.togglePlay() },
  { keys: ["p"], says: "play the word alone", does: (c) => c.playWord() },
  { keys: ["l"], says: "loop", does: (c) => c.toggleLoop() },
  { keys: [","], says: "slower", does: (c) => c.changeRate(-1) },
  { keys: ["."], says: "faster", does: (c) => c.changeRate(1) },
  { keys: ["ArrowLeft"], says: "previous word", does: (c) => c.stepWord(-1) },
  { keys: ["ArrowRight"], says: "next word", does: (c) => c.stepWord(1) },
  { keys: ["ArrowUp", "Ctrl+ArrowLeft"], says: "previous sentence", does: (c) => c.stepSentence(-1) },
  { keys: ["ArrowDown", "Ctrl+ArrowRight"], says: "next sentence", does: (c) => c.stepSentence(1) },
  { keys: ["Home"], says: "first word", does: (c) => c.jump("first") },
  { keys: ["End"], says: "last word", does: (c) => c.jump("last") },
  { keys: ["Shift+ArrowLeft"], says: "select to the previous word", does: (c) => c.extend(-1) },
  { keys: ["Shift+ArrowRight"], says: "select to the next word", does: (c) => c.extend(1) },
  { keys: ["+", "="], says: "zoom in", does: (c) => c.zoom(ZOOM_STEP) },
  { keys: ["-"], says: "zoom out", does: (c) => c.zoom(1 / ZOOM_STEP) },
  { keys: ["0"], says: "the whole clip, and back", does: (c) => c.fit() },
  { keys: ["PageUp"], says: "a window back", does: (c) => c.page(-PAGE) },
  { keys: ["PageDown"], says: "a window on", does: (c) => c.page(PAGE) },
  { keys: ["f"], says: "follow the newest words", does: (c) => c.toggleFollow() },
  { keys: ["g"], says: "spectrogram", does: (c) => c.toggleSpectrogram() },
  { keys: ["n"], says: "next place found", does: (c) => c.findNext(1) },
  { keys: ["Shift+n"], says: "previous place found", does: (c) => c.findNext(-1) },
  { keys: ["Enter"], says: "correct the word", does: (c) => c.edit() },
  { keys: ["Alt+ArrowLeft"], says: "the word begins 10 ms earlier", does: (c) => c.nudge("start", -1) },
  { keys: ["Alt+ArrowRight"], says: "the word begins 10 ms later", does: (c) => c.nudge("start", 1) },
  { keys: ["Alt+Shift+ArrowLeft"], says: "the word ends 10 ms earlier", does: (c) => c.nudge("end", -1) },
  { keys: ["Alt+Shift+ArrowRight"], says: "the word ends 10 ms later", does: (c) => c.nudge("end", 1) },
  { keys: ["s"], says: "split the word, at the playhead if that is in it", does: (c) => c.split() },
  { keys: ["m"], says: "merge with the next word", does: (c) => c.merge() },
  { keys: ["i"], says: "insert a word after it", does: (c) => c.insert() },
  { keys: ["Delete", "Backspace"], says: "delete the word", does: (c) => c.remove() },
  { keys: ["Ctrl+z"], says: "undo", does: (c) => c.undo() },
  { keys: ["Ctrl+Shift+z", "Ctrl+y"], says: "redo", does: (c) => c.redo() },
  { keys: ["Escape"], says: "stop, then leave selection, search, word", does: (c) => c.leave() },
];

const SHOWN = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page up", PageDown: "Page down", Escape: "Esc",
};

/**
 * A key as people read it.
 * @param {string} key
 */
export function shownKey(key) {
  const parts = key === "+" ? ["+"] : key.split("+");
  const last = parts[parts.length - 1];
  const name = Object.entries(SHOWN).find(([its]) => its === last)?.[1] ?? (last.length === 1 ? last.toUpperCase() : last);
  return [...parts.slice(0, -1), name].join(" ");
}

/**
 * What a press means, or undefined.
 * @param {{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, shiftKey: boolean }} event
 */
export function keyOf(event) {
  const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key; // whatever Caps Lock says
  const name = plain === " " ? "Space" : plain;
  const isSign = name.length === 1 && !/[a-z]/iu.test(name); // Shift is how it is typed
  const pressed = [
    event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : "", event.shiftKey && !isSign ? "Shift" : "", name,
  ].filter(Boolean).join("+");
  return KEYS.find(({ keys }) => keys.includes(pressed));
}
