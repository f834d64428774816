// The Export button, and the menu of a right click: both offer what can be exported.

import { makeButton, setHidden } from "../dom/elements.js";
import { Menu } from "./menu.js";
import { runEntries, selectionEntries } from "./export_entries.js";
import { translate } from "../model/language.js";

/** @import { RunModel } from "../run_model.js" */

export class ExportMenu {
  #runModel;
  #menu;
  #button;
  #focusWords;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} root the view
   * @param {HTMLElement} row of the button
   * @param {() => void} focusWords
   */
  constructor(runModel, root, row, focusWords) {
    this.#runModel = runModel;
    this.#focusWords = focusWords;
    this.#menu = new Menu(root, translate("Export"), focusWords);
    let wasOpen = false; // a press on the button closes the menu before the click
    this.#button = makeButton(translate("Export ▾"), translate("Export: copy or download"), row, () => {
      if (!wasOpen) this.#open(this.#button.getBoundingClientRect());
      wasOpen = false;
    });
    this.#button.setAttribute("aria-haspopup", "menu");
    this.#button.addEventListener("pointerdown", () => (wasOpen = this.#menu.isOpen));
    root.addEventListener("contextmenu", (event) => this.#onContextMenu(event, root));
  }

  update() {
    setHidden(this.#button, this.#runModel.transcript.words.count === 0);
  }

  /** @param {{ left: number, top: number, bottom: number }} anchor */
  #open(anchor) {
    this.#menu.open([...selectionEntries(this.#runModel), ...runEntries(this.#runModel)], anchor);
  }

  /**
   * The browser's own menu opens with Shift, in fields, and on text that is selected there.
   * @param {MouseEvent} event
   * @param {HTMLElement} root
   */
  #onContextMenu(event, root) {
    event.stopPropagation(); // JupyterLab's menu acts on cells
    const isField = event.target instanceof HTMLInputElement;
    const selected = document.getSelection();
    const isTextSelected = selected?.type === "Range" && root.contains(selected.anchorNode);
    if (event.shiftKey || isField || isTextSelected || this.#runModel.transcript.words.count === 0) return;
    event.preventDefault();
    if (event.button === 2) {
      const { clientX: left, clientY: top } = event;
      this.#open({ left, top, bottom: top });
      return;
    }
    this.#focusWords(); // by a key: the point may be that of a hidden element
    const { left, top } = root.getBoundingClientRect();
    this.#open({ left: left + 40, top: top + 40, bottom: top + 40 });
  }
}
