// The button that changes the language of the view's texts; it is written in the language that it changes to.

import { makeButton } from "../dom/elements.js";
import { LANGUAGE_NAMES, otherLanguage } from "../model/language.js";

/** @import { RunModel } from "../run_model.js" */

/**
 * @param {RunModel} runModel
 * @param {HTMLElement} parent
 */
export function makeLanguageButton(runModel, parent) {
  const other = otherLanguage();
  const button = makeButton(LANGUAGE_NAMES[other], LANGUAGE_NAMES[other], parent, () => runModel.chooseLanguage(other));
  button.classList.add("pnb-language");
  button.lang = other;
  return button;
}
