// The words as a list that keys and screen readers walk. It lies over the picture and is never seen: what is
// focused in it is drawn in the picture. Only the words about the focused one are elements.

import { make } from "../text/dom.js";
import { keyOf } from "./keys.js";
import { clock } from "../run/scale.js";
import { isDoubtful } from "../run/words.js";
import { isolated } from "../text/text.js";

/** @import { Commands } from "./commands.js" */
/** @import { Session } from "../session.js" */
/** @import { Word } from "../run/words.js" */

const AROUND = 25; // words before and after the focused one
let lists = 0;

export class WordList {
  #session;
  #list;
  #prefix = `pnb-words-${++lists}-`;
  /** What the elements show: that they need not be made again. @type {{ rows: Word[], index: number }} */
  #shown = { rows: [], index: -1 };

  /**
   * @param {Session} session
   * @param {HTMLElement} parent
   */
  constructor(session, parent) {
    this.#session = session;
    this.#list = make("div", "pnb-words", parent);
    this.#list.tabIndex = 0;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", "Words, with their times. Press question mark for the keys.");
  }

  focus() {
    this.#list.focus({ preventScroll: true });
  }

  /**
   * @param {Commands} commands
   * @param {{ help: () => void, find: () => void }} ask for parts that take the focus
   */
  listen(commands, ask) {
    this.#list.addEventListener("keydown", (event) => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      const does = plain && event.key === "?" ? ask.help : plain && event.key === "/" ? ask.find : null;
      const key = keyOf(event);
      if (!does && !key) return;
      event.preventDefault();
      event.stopPropagation();
      if (does) does();
      else key?.does(commands);
    });
  }

  update() {
    const { cursor, store } = this.#session;
    const index = cursor.placeIn(store)?.index ?? -1;
    const first = Math.max(0, index - AROUND);
    const rows = store.words.rows.slice(first, Math.max(0, index) + AROUND + 1);
    const { rows: before, index: was } = this.#shown;
    if (index === was && rows.length === before.length && rows.every((row, i) => row === before[i])) return;
    this.#shown = { rows, index };
    this.#list.replaceChildren(...rows.map((word, i) => this.#option(word, first + i, store.words.count, index)));
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
  const doubt = isDoubtful(word) ? ", doubtful" : "";
  const corrected = word[6] ? ", corrected" : "";
  return `${isolated(word[0] + word[1])}, ${clock(word[2], 2)} to ${clock(word[3], 2)}${doubt}${corrected}`;
}
