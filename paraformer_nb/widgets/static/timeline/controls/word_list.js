// The words as a list for keys and screen readers. It lies over the picture and is invisible: its focused word
// is drawn in the picture. Only the words around the focused one are elements.

import { make } from "../dom/elements.js";
import { clock } from "../model/scale.js";
import { isDoubtful } from "../model/words.js";
import { isolated } from "../text/text.js";
import { translate } from "../model/language.js";

/** @import { RunModel } from "../run_model.js" */
/** @import { Word } from "../messages.js" */

const AROUND = 25; // words before and after the focused one
let lists = 0;

export class WordList {
  #runModel;
  #list;
  #prefix = `pnb-words-${++lists}-`;
  /** What the elements show, so that they are made again only where it differs. @type {{ rows: Word[], index: number }} */
  #shown = { rows: [], index: -1 };

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   */
  constructor(runModel, parent) {
    this.#runModel = runModel;
    this.#list = make("div", "pnb-words", parent);
    this.#list.tabIndex = 0;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", translate("Words, with their times. Press question mark for the keys."));
  }

  focus() {
    this.#list.focus({ preventScroll: true });
  }

  update() {
    const { cursor, transcript } = this.#runModel;
    const index = cursor.focusedWord(transcript)?.index ?? -1;
    const first = Math.max(0, index - AROUND);
    const rows = transcript.words.rows.slice(first, Math.max(0, index) + AROUND + 1);
    const { rows: before, index: was } = this.#shown;
    if (index === was && rows.length === before.length && rows.every((row, i) => row === before[i])) return;
    this.#shown = { rows, index };
    this.#list.replaceChildren(...rows.map((word, i) => this.#option(word, first + i, transcript.words.count, index)));
    if (index >= 0) this.#list.setAttribute("aria-activedescendant", this.#prefix + index);
    else this.#list.removeAttribute("aria-activedescendant");
  }

  /**
   * @param {Word} word
   * @param {number} index
   * @param {number} count
   * @param {number} focused
   */
  #option(word, index, count, focused) {
    const option = document.createElement("div");
    option.id = this.#prefix + index;
    option.setAttribute("role", "option");
    option.setAttribute("aria-posinset", String(index + 1));
    option.setAttribute("aria-setsize", String(count));
    option.setAttribute("aria-selected", String(index === focused));
    option.textContent = describeWord(word);
    return option;
  }
}

/** @param {Word} word */
export function describeWord(word) {
  const doubt = isDoubtful(word) ? translate(", doubtful") : "";
  const corrected = word.is_edited ? translate(", corrected") : "";
  const text = isolated(word.text + word.punctuation);
  return translate("{0}, {1} to {2}", text, clock(word.start, 2), clock(word.end, 2)) + doubt + corrected;
}
