// The rows of the text, in groups: for a new row the browser looks at the rows of one group and at the other groups, and
// not at every row of a long text.

import { make } from "../dom/elements.js";
import { lowerBound } from "../model/words.js";

const MOST = 64; // rows of a group that grows at its end

export class RowGroups {
  #box;

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#box = make("div", "pnb-rows", parent);
  }

  /**
   * Puts a row after another one, unless it is there.
   * @param {HTMLElement} row
   * @param {HTMLElement | null} previous null: it is the first one
   */
  put(row, previous) {
    const before = row.parentElement;
    if (before && rowBefore(row) === previous) return;
    const group = previous?.parentElement;
    if (!group) (this.#box.firstElementChild ?? make("div", "", this.#box)).prepend(row);
    else if (previous.nextElementSibling || group.childElementCount < MOST) previous.after(row);
    else {
      const next = document.createElement("div");
      next.append(row);
      group.after(next);
    }
    if (before?.childElementCount === 0) before.remove();
  }

  /** @param {HTMLElement} row */
  remove(row) {
    const group = row.parentElement;
    row.remove();
    if (group?.childElementCount === 0) group.remove();
  }

  /**
   * The first row that ends behind a height of the text.
   * @param {number} top pixels
   */
  firstBehind(top) {
    const group = firstEndingAfter(this.#box.children, top);
    return group && firstEndingAfter(group.children, top);
  }
}

/** @param {HTMLElement} row */
function rowBefore(row) {
  return row.previousElementSibling ?? row.parentElement?.previousElementSibling?.lastElementChild ?? null;
}

/**
 * @param {HTMLCollection} elements one below the other
 * @param {number} top
 */
function firstEndingAfter(elements, top) {
  const all = /** @type {HTMLCollectionOf<HTMLElement>} */ (elements);
  const index = lowerBound((i) => all[i].offsetTop + all[i].offsetHeight, all.length, top);
  return all[Math.min(index, all.length - 1)];
}
