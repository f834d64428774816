// The row about the focused word, with buttons for all that can be done to it, and about the selection.

import { make, makeButton, setHidden, setText } from "../dom/elements.js";
import { RegionBar } from "./region_bar.js";
import { withKeys } from "./keys.js";
import { isDoubtful } from "../model/words.js";
import { describeFocus, selectionText } from "../text/text.js";
import { translate } from "../model/language.js";

/** @import { Commands } from "./commands.js" */
/** @import { KeyId } from "./keys.js" */
/** @import { Text } from "../model/language.js" */
/** @import { FocusedWord } from "../model/cursor.js" */
/** @import { RunModel } from "../run_model.js" */

const NO_WORD = "Click a word, or press →, to choose it.";

export class WordBar {
  #runModel;
  #row;
  #about;
  #selected;
  #regionBar;
  #message;
  #undo;
  #redo;
  #merge;
  /** The doubtful words of a version of the transcript. @type {{ version: number, indexes: number[] }} */
  #counted = { version: -1, indexes: [] };
  /** @type {HTMLButtonElement[]} those that need a focused word */
  #actions;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   * @param {Commands} commands
   * @param {() => void} focusWords
   */
  constructor(runModel, parent, commands, focusWords) {
    this.#runModel = runModel;
    this.#row = make("div", "pnb-controls pnb-word-bar", parent);
    this.#about = make("span", "pnb-word-about", this.#row);
    this.#merge = this.#add("Merge", "Merge with the next word", "merge", () => commands.correcting.merge());
    this.#actions = [
      this.#add("Play word", "Play word alone", "playWord", () => commands.playWord()),
      this.#add("Correct", "Correct the word", "correct", () => commands.proofreading.edit()),
      this.#add("Split", "Split the word", "split", () => commands.correcting.split()),
      this.#merge,
      this.#add("Insert", "Insert a word after it", "insert", () => commands.correcting.insert()),
      this.#add("Delete", "Delete the word", "delete", () => commands.correcting.remove()),
    ];
    this.#row.append(...this.#actions);
    this.#undo = this.#add("↶", "Undo", "undo", () => commands.undo());
    this.#redo = this.#add("↷", "Redo", "redo", () => commands.redo());
    this.#selected = make("span", "pnb-selected", this.#row);
    this.#regionBar = new RegionBar(runModel, this.#row, commands, focusWords);
    this.#message = make("span", "pnb-command-message", this.#row);
    this.#message.setAttribute("role", "status");
  }

  /**
   * @param {Text | "↶" | "↷"} shown
   * @param {Text} name
   * @param {KeyId} key
   * @param {() => void} press
   */
  #add(shown, name, key, press) {
    const button = makeButton(shown === "↶" || shown === "↷" ? shown : translate(shown), withKeys(name, key), this.#row, press);
    button.classList.add("pnb-small");
    return button;
  }

  focusRegion() {
    this.#regionBar.focusLabel();
  }

  /** @param {FocusedWord} focused */
  #describe({ index, sentence, wordIndex }) {
    const word = sentence.words[wordIndex];
    const doubtful = isDoubtful(word) ? ` · ${this.#doubtfulAt(index)}` : "";
    const { details, transcript } = this.#runModel;
    return describeFocus(word, sentence.speaker ?? "", details.of(sentence, word, transcript.run?.has_ended === true)) + doubtful;
  }

  /**
   * The number of a doubtful word among them, as in "doubtful, 4 of 12".
   * @param {number} index
   */
  #doubtfulAt(index) {
    const { transcript } = this.#runModel;
    if (this.#counted.version !== transcript.version) {
      const indexes = [...transcript.words.rows.keys()].filter((i) => isDoubtful(transcript.words.rows[i]));
      this.#counted = { version: transcript.version, indexes };
    }
    return translate("doubtful, {0} of {1}", this.#counted.indexes.indexOf(index) + 1, this.#counted.indexes.length);
  }

  update() {
    const { cursor, message, transcript } = this.#runModel;
    const focused = cursor.focusedWord(transcript);
    const hasWords = transcript.words.count > 0;
    const hint = hasWords ? translate(NO_WORD) : "";
    setText(this.#about, focused ? this.#describe(focused) : hint);
    setText(this.#selected, selectionText(cursor.selection, transcript));
    setText(this.#message, message);
    this.#regionBar.update();
    const canCorrect = transcript.run?.can_correct === true;
    this.#actions.forEach((button, i) => setHidden(button, !focused || (i > 0 && !canCorrect))); // the first one plays
    this.#merge.disabled = !focused || focused.wordIndex + 1 >= focused.sentence.words.length;
    const canUndo = canCorrect && (focused !== null || transcript.run?.can_undo || transcript.run?.can_redo);
    for (const button of [this.#undo, this.#redo]) setHidden(button, !canUndo);
    this.#undo.disabled = !transcript.run?.can_undo;
    this.#redo.disabled = !transcript.run?.can_redo;
    // It is there from the start of a run, so that neither the first word nor choosing one moves anything.
    const isLive = transcript.run?.has_ended === false;
    setHidden(this.#row, !isLive && !hasWords && message === "");
  }
}
