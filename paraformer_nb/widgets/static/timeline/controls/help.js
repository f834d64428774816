// The help: keys and gestures by groups, and a legend of all marks.

import { make, makeButton } from "../dom/elements.js";
import { makeLanguageButton } from "./language_button.js";
import { GROUPS, shownKey } from "./keys.js";
import { translate, translateKnown } from "../model/language.js";

/** @import { RunModel } from "../run_model.js" */
/** @import { Text } from "../model/language.js" */

/** @type {[key: Text, text: Text][]} */
const POINTER = [
  ["click", "move the playhead, and choose the word there; playing goes on"],
  ["Alt-click a word", "play it alone"],
  ["drag on the waveform", "select; edges snap to words and silence, with Alt they do not"],
  ["drag an edge or the middle of a selection", "move it"],
  ["Shift-click", "extend the selection to there"],
  ["drag on the axis or the strip below", "move the window"],
  ["Ctrl-wheel, pinch", "zoom"],
];
/** @type {[key: Text, text: Text][]} */
const POINTER_WITH_KERNEL = [
  ["double-click a word", "correct it"],
  ["drag an edge of the focused word", "move that edge"],
  ["click the tag of a region", "make it the selection"],
];
/** @type {[key: Text, text: Text][]} */
const FINGERS = [
  ["one finger up or down", "scroll the page"],
  ["one finger sideways", "move the window"],
  ["hold, then drag", "select"],
  ["two fingers", "zoom"],
];
/** @type {[key: Text, text: Text][]} */
const FIELD = [
  ["Enter", "keep it; the sound goes on if it was paused for it"],
  ["Tab or Shift Tab", "next or previous doubtful word; where none has a confidence, the word beside it"],
  ["← or → at its end", "the word beside it"],
  ["a space", "split the word"],
  ["Ctrl Enter", "play the sentence again"],
  ["Esc", "leave it as it was"],
];
/** @type {[sample: Text | " " | "⟳" | "·", mark: string, text: Text][]} */
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
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   * @param {() => void} onClose
   */
  constructor(runModel, parent, onClose) {
    const canCorrect = !runModel.isStandalone; // a saved page lists no keys that do nothing in it
    this.#onClose = onClose;
    this.#dialog = make("div", "pnb-help", parent);
    this.#dialog.hidden = true;
    this.#dialog.tabIndex = -1;
    this.#dialog.setAttribute("role", "dialog");
    this.#dialog.setAttribute("aria-label", translate("Keys, gestures and marks"));
    const bar = make("div", "pnb-help-bar", this.#dialog);
    makeButton(translate("Close"), translate("Close (Esc)"), bar, () => this.toggle());
    makeLanguageButton(runModel, bar);
    make("div", "pnb-help-name", bar).textContent = translate("Keys, gestures and marks");
    const groups = make("div", "pnb-groups", this.#dialog);
    for (const [name, keys] of Object.entries(GROUPS)) {
      if (name === "Correcting" && !canCorrect) continue;
      const used = keys.filter(({ needsKernel }) => canCorrect || !needsKernel);
      fill(groups, /** @type {Text} */ (name), used.map(({ keys: all, text, amount = "" }) => [all.map(shownKey).reduce(either), translate(text, amount)]));
    }
    if (canCorrect) fill(groups, "In the field of a word", FIELD.map(translated));
    fill(groups, "Mouse", [...POINTER, ...(canCorrect ? POINTER_WITH_KERNEL : [])].map(translated));
    fill(groups, "Fingers", FINGERS.map(translated));
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

/** @param {[key: Text, text: Text]} row */
function translated([key, text]) {
  return [translate(key), translate(text)];
}

/**
 * @param {string} all keys
 * @param {string} key one more
 */
function either(all, key) {
  return translate("{0} or {1}", all, key);
}

/**
 * @param {HTMLElement} parent
 * @param {Text} name
 */
function makeGroup(parent, name) {
  const group = make("section", "pnb-group", parent);
  make("h3", "", group).textContent = translate(name);
  return make("dl", "pnb-keys", group);
}

/**
 * @param {HTMLElement} parent
 * @param {Text} name
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
    make("span", `pnb-sample pnb-sample-${mark}`, make("dt", "", row)).textContent = translateKnown(sample);
    make("dd", "", row).textContent = translate(text);
  }
}
