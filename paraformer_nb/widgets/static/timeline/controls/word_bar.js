// The row about the focused word, with buttons for all that can be done to it, and about the selection.

import { make, makeButton, setText } from "../dom/elements.js";
import { describeFocus, selectionText } from "../text/text.js";

/** @import { Commands } from "./commands.js" */
/** @import { RunModel } from "../run_model.js" */

export class WordBar {
  #runModel;
  #row;
  #about;
  #selected;
  #message;
  #undo;
  #redo;
  #merge;
  /** @type {HTMLButtonElement[]} those that need a focused word */
  #actions;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   * @param {Commands} commands
   */
  constructor(runModel, parent, commands) {
    this.#runModel = runModel;
    this.#row = make("div", "pnb-controls pnb-word-bar", parent);
    this.#about = make("span", "pnb-word-about", this.#row);
    const add = (/** @type {string} */ shown, /** @type {string} */ name, /** @type {() => void} */ press) => {
      const button = makeButton(shown, name, this.#row, press);
      button.classList.add("pnb-small");
      return button;
    };
    this.#merge = add("Merge", "Merge with the next word (M)", () => commands.merge());
    this.#actions = [
      add("Play word", "Play word alone (P)", () => commands.playWord()),
      add("Correct", "Correct the word (Enter)", () => commands.edit()),
      add("Split", "Split the word (S)", () => commands.split()),
      this.#merge,
      add("Insert", "Insert a word after it (I)", () => commands.insert()),
      add("Delete", "Delete the word (Delete)", () => commands.remove()),
    ];
    this.#row.append(...this.#actions);
    this.#undo = add("↶", "Undo (Ctrl Z)", () => commands.undo());
    this.#redo = add("↷", "Redo (Ctrl Shift Z)", () => commands.redo());
    this.#selected = make("span", "pnb-selected", this.#row);
    this.#message = make("span", "pnb-command-message", this.#row);
    this.#message.setAttribute("role", "status");
  }

  update() {
    const { cursor, message, transcript } = this.#runModel;
    const focused = cursor.focusedWord(transcript);
    setText(this.#about, focused ? describeFocus(focused.sentence.words[focused.wordIndex]) : "");
    setText(this.#selected, selectionText(cursor.selection, transcript));
    setText(this.#message, message);
    const canCorrect = transcript.run?.can_correct === true;
    this.#actions.forEach((button, i) => (button.hidden = !focused || (i > 0 && !canCorrect))); // the first one plays
    this.#merge.disabled = !focused || focused.wordIndex + 1 >= focused.sentence.words.length;
    this.#undo.hidden = this.#redo.hidden = !canCorrect || (!focused && !transcript.run?.can_undo && !transcript.run?.can_redo);
    this.#undo.disabled = !transcript.run?.can_undo;
    this.#redo.disabled = !transcript.run?.can_redo;
    this.#row.hidden = !focused && !cursor.selection && message === "" && this.#undo.hidden;
  }
}
