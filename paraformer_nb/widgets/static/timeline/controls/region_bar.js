// What can be done with the selection: make it a region; name a region that was chosen, or remove it.

import { make, makeButton, setHidden } from "../dom/elements.js";
import { withKeys } from "./keys.js";
import { translate } from "../model/language.js";

/** @import { RunModel } from "../run_model.js" */
/** @import { Commands } from "./commands.js" */

const MOST_LETTERS = 200;

export class RegionBar {
  #runModel;
  #label;
  #add;
  #remove;
  #named = "";

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} row
   * @param {Commands} commands
   * @param {() => void} focusWords
   */
  constructor(runModel, row, commands, focusWords) {
    this.#runModel = runModel;
    const { selecting } = commands;
    this.#add = makeButton(translate("Mark"), withKeys("Mark the selection as a region", "region"), row, () => {
      selecting.addRegion();
      this.focusLabel();
    });
    this.#label = make("input", "pnb-field pnb-region-label", row);
    this.#label.placeholder = translate("Name of the region");
    this.#label.dir = "auto";
    this.#label.maxLength = MOST_LETTERS;
    this.#label.setAttribute("aria-label", translate("Name of the region"));
    this.#label.addEventListener("change", () => selecting.nameRegion(this.#label.value.trim()));
    this.#label.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      if (event.key === "Enter") selecting.nameRegion(this.#label.value.trim());
      else this.#label.value = this.#named;
      focusWords();
    });
    this.#remove = makeButton(translate("Unmark"), translate("Remove the region; its words stay"), row, () => selecting.removeRegion());
    for (const button of [this.#add, this.#remove]) button.classList.add("pnb-small");
  }

  focusLabel() {
    this.update();
    if (!this.#label.hidden) this.#label.focus();
  }

  update() {
    const { cursor, isStandalone, transcript } = this.#runModel;
    const region = transcript.regions[cursor.region];
    const canMark = cursor.selection !== null && !isStandalone;
    setHidden(this.#add, !canMark || region !== undefined);
    for (const element of [this.#label, this.#remove]) setHidden(element, !canMark || region === undefined);
    this.#named = region?.label ?? "";
    if (document.activeElement !== this.#label && this.#label.value !== this.#named) this.#label.value = this.#named;
  }
}
