// A menu in the browser's top layer: at a button or at a point, by mouse, touch or keys.

import { make } from "../dom/elements.js";

/** @import { EntryGroup } from "./export_entries.js" */

const MARGIN = 8; // pixels between the menu and the window's edge

export class Menu {
  #box;
  #onClose;

  /**
   * @param {HTMLElement} parent
   * @param {string} name
   * @param {() => void} onClose called when it was closed and nothing else has the focus
   */
  constructor(parent, name, onClose) {
    this.#onClose = onClose;
    this.#box = make("div", "pnb-menu", parent);
    this.#box.setAttribute("role", "menu");
    this.#box.setAttribute("aria-label", name);
    this.#box.popover = "auto"; // the browser closes it at Escape and at a press elsewhere
    this.#box.addEventListener("keydown", (event) => this.#onKey(event));
    // Else the view would move the focus to its words, and JupyterLab open its own menu.
    for (const type of ["mousedown", "contextmenu"]) this.#box.addEventListener(type, stop);
  }

  get isOpen() {
    return this.#box.matches(":popover-open");
  }

  /**
   * Opens the menu below a rectangle of the window, or above where there is no room.
   * @param {EntryGroup[]} groups
   * @param {{ left: number, top: number, bottom: number }} anchor
   */
  open(groups, { left, top, bottom }) {
    this.#fill(groups);
    this.#box.showPopover();
    const { width, height } = this.#box.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const below = bottom + height + MARGIN <= clientHeight ? bottom : top - height;
    this.#box.style.left = `${Math.max(MARGIN, Math.min(left, clientWidth - width - MARGIN))}px`;
    this.#box.style.top = `${Math.max(MARGIN, Math.min(below, clientHeight - height - MARGIN))}px`;
    this.#items[0]?.focus();
  }

  close() {
    if (this.isOpen) this.#box.hidePopover();
  }

  get #items() {
    return [...this.#box.querySelectorAll("button")];
  }

  /** @param {EntryGroup[]} groups */
  #fill(groups) {
    this.#box.replaceChildren();
    for (const { label, entries } of groups) {
      const group = make("div", "pnb-menu-group", this.#box);
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", label);
      make("div", "pnb-menu-name", group).textContent = label;
      for (const { label: text, run } of entries) {
        const item = make("button", "pnb-menu-item", group);
        item.type = "button";
        item.setAttribute("role", "menuitem");
        item.tabIndex = -1;
        item.textContent = text;
        item.addEventListener("click", () => {
          this.close();
          this.#onClose();
          void run();
        });
      }
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    event.stopPropagation(); // else the view acts on it
    const items = this.#items;
    const now = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[(to + items.length) % items.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") {
      this.close();
      this.#onClose();
    } else return;
    event.preventDefault();
  }
}

/** @param {Event} event */
function stop(event) {
  event.stopPropagation();
}
