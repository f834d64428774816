// The help: keys and gestures by groups, and a legend of all marks.

import { make, makeButton } from "../dom/elements.js";
import { GROUPS, shownKey } from "./keys.js";

const POINTER = [
  ["click", "move the playhead, and choose the word there; playing goes on"],
  ["Alt-click a word", "play it alone"],
  ["double-click a word", "correct it"],
  ["drag on the waveform", "select; edges snap to words and silence, with Alt they do not"],
  ["drag an edge or the middle of a selection", "move it"],
  ["Shift-click", "extend the selection to there"],
  ["click the tag of a region", "make it the selection"],
  ["drag an edge of the focused word", "move that edge"],
  ["drag on the axis or the strip below", "move the window"],
  ["Ctrl-wheel, pinch", "zoom"],
];
const FINGERS = [
  ["one finger up or down", "scroll the page"],
  ["one finger sideways", "move the window"],
  ["hold, then drag", "select"],
  ["two fingers", "zoom"],
];
const FIELD = [
  ["Enter", "keep it; the sound goes on if it was paused for it"],
  ["Tab or Shift Tab", "next or previous doubtful word; where none has a confidence, the word beside it"],
  ["← or → at its end", "the word beside it"],
  ["a space", "split the word"],
  ["Ctrl Enter", "play the sentence again"],
  ["Esc", "leave it as it was"],
];
/** @type {[sample: string, mark: string, text: string][]} */
const MARKS = [
  ["word", "sure", "the longer the line, the surer the recogniser"],
  ["word", "doubtful", "the recogniser doubts it"],
  ["word", "wavy", "the same, in the text"],
  ["word", "partial", "it may still change"],
  ["word", "corrected", "corrected by a person"],
  ["word", "focused", "the current word, which keys act on"],
  ["word", "spoken", "it sounds now"],
  ["word", "found", "it was found"],
  ["name", "region", "a region that was marked"],
  [" ", "gap", "a part that was not recognised"],
  ["⟳", "resume", "a new connection went on from here"],
  ["·", "plain", "a word without room for its text: zoom in"],
];

export class Help {
  #dialog;
  #onClose;

  /**
   * @param {HTMLElement} parent
   * @param {() => void} onClose
   * @param {boolean} canCorrect a saved page lists no keys that do nothing in it
   */
  constructor(parent, onClose, canCorrect) {
    this.#onClose = onClose;
    this.#dialog = make("div", "pnb-help", parent);
    this.#dialog.hidden = true;
    this.#dialog.tabIndex = -1;
    this.#dialog.setAttribute("role", "dialog");
    this.#dialog.setAttribute("aria-label", "Keys, gestures and marks");
    makeButton("Close", "Close (Esc)", this.#dialog, () => this.toggle());
    const groups = make("div", "pnb-groups", this.#dialog);
    for (const [name, keys] of Object.entries(GROUPS)) {
      if (name === "Correcting" && !canCorrect) continue;
      fill(groups, name, keys.map(({ keys: [...all], text }) => [all.map(shownKey).join(" or "), text]));
    }
    if (canCorrect) fill(groups, "In the field of a word", FIELD);
    fill(groups, "Mouse", POINTER);
    fill(groups, "Fingers", FINGERS);
    fillMarks(groups);
    this.#dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "?") return;
      event.preventDefault();
      this.toggle();
    });
  }

  toggle() {
    this.#dialog.hidden = !this.#dialog.hidden;
    if (this.#dialog.hidden) this.#onClose();
    else this.#dialog.focus({ preventScroll: true });
  }
}

/**
 * @param {HTMLElement} parent
 * @param {string} name
 */
function makeGroup(parent, name) {
  const group = make("section", "pnb-group", parent);
  make("h3", "", group).textContent = name;
  return make("dl", "pnb-keys", group);
}

/**
 * @param {HTMLElement} parent
 * @param {string} name
 * @param {string[][]} rows
 */
function fill(parent, name, rows) {
  const list = makeGroup(parent, name);
  for (const [key, text] of rows) {
    const row = make("div", "", list);
    make("dt", "", row).textContent = key;
    make("dd", "", row).textContent = text;
  }
}

/** @param {HTMLElement} parent */
function fillMarks(parent) {
  const list = makeGroup(parent, "Marks");
  for (const [sample, mark, text] of MARKS) {
    const row = make("div", "", list);
    make("span", `pnb-sample pnb-sample-${mark}`, make("dt", "", row)).textContent = sample;
    make("dd", "", row).textContent = text;
  }
}
