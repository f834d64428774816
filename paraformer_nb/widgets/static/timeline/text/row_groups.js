// The rows of the text, in groups: for a new row the browser looks at the rows of one group and at the other groups, and
// not at every row of a long text. It neither styles nor lays out a group before that is on view; until then its height is
// a guess.

import { make } from "../dom/elements.js";
import { lowerBound } from "../model/words.js";

const MOST = 16; // rows of a group that grows at its end: a frame lays out few more than come on view

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
   * Has a row and those before it laid out, so that its position is no guess: before the text is scrolled to it.
   * @param {Element | null | undefined} row null: the last one
   */
  layOut(row) {
    const group = row?.parentElement ?? this.#box.lastElementChild;
    for (const each of [group?.previousElementSibling, group]) each?.classList.add("pnb-laid-out");
  }

  /**
   * The first row that ends below a height of the window.
   * @param {number} y pixels
   */
  firstBelow(y) {
    const group = firstEndingBelow(this.#box.children, y);
    return group && firstEndingBelow(group.children, y);
  }
}

/** @param {HTMLElement} row */
function rowBefore(row) {
  return row.previousElementSibling ?? row.parentElement?.previousElementSibling?.lastElementChild ?? null;
}

/**
 * @param {HTMLCollection} elements one below the other
 * @param {number} y
 */
function firstEndingBelow(elements, y) {
  const index = lowerBound((i) => elements[i].getBoundingClientRect().bottom, elements.length, y);
  return elements[Math.min(index, elements.length - 1)];
}
