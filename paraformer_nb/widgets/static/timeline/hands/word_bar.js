// The row about what a person chose: the focused word, and all that can be done to it without keys; the selection.

import { make, makeButton, setText } from "../text/dom.js";
import { describeFocus, selectionText } from "../text/text.js";

/** @import { Commands } from "./commands.js" */
/** @import { Session } from "../session.js" */

export class WordBar {
  #session;
  #row;
  #about;
  #selected;
  #said;
  #undo;
  #redo;
  #merge;
  /** @type {HTMLButtonElement[]} those that need a word */
  #acts;

  /**
   * @param {Session} session
   * @param {HTMLElement} parent
   * @param {Commands} commands
   */
  constructor(session, parent, commands) {
    this.#session = session;
    this.#row = make("div", "pnb-controls pnb-word-bar", parent);
    this.#about = make("span", "pnb-word-about", this.#row);
    const add = (/** @type {string} */ shown, /** @type {string} */ name, /** @type {() => void} */ press) => {
      const button = makeButton(shown, name, this.#row, press);
      button.classList.add("pnb-small");
      return button;
    };
    this.#merge = add("Merge", "Merge with the next word (M)", () => commands.merge());
    this.#acts = [
      add("Play word", "Play word alone (P)", () => commands.playWord()),
      add("Correct", "Correct the word (Enter)", () => commands.edit()),
      add("Split", "Split the word (S)", () => commands.split()),
      this.#merge,
      add("Insert", "Insert a word after it (I)", () => commands.insert()),
      add("Delete", "Delete the word (Delete)", () => commands.remove()),
    ];
    this.#row.append(...this.#acts);
    this.#undo = add("↶", "Undo (Ctrl Z)", () => commands.undo());
    this.#redo = add("↷", "Redo (Ctrl Shift Z)", () => commands.redo());
    this.#selected = make("span", "pnb-selected", this.#row);
    this.#said = make("span", "pnb-said", this.#row);
    this.#said.setAttribute("role", "status");
  }

  update() {
    const { cursor, said, store } = this.#session;
    const place = cursor.placeIn(store);
    setText(this.#about, place ? describeFocus(place.sentence.words[place.place]) : "");
    setText(this.#selected, selectionText(cursor.selection, store));
    setText(this.#said, said);
    const canEdit = store.run?.can_edit === true;
    this.#acts.forEach((button, i) => (button.hidden = !place || (i > 0 && !canEdit))); // the first one plays
    this.#merge.disabled = !place || place.place + 1 >= place.sentence.words.length;
    this.#undo.hidden = this.#redo.hidden = !canEdit || (!place && !store.run?.can_undo && !store.run?.can_redo);
    this.#undo.disabled = !store.run?.can_undo;
    this.#redo.disabled = !store.run?.can_redo;
    this.#row.hidden = !place && !cursor.selection && said === "" && this.#undo.hidden;
  }
}
