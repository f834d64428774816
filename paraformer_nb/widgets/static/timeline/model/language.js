// The language of the view's own texts: English, as it stands in the code, or Chinese, from the table. It is the reader's,
// unless another one was set.

import { CHINESE } from "./chinese.js";
import { readersLanguage } from "./reader.js";

/** @typedef {keyof typeof CHINESE} Text a text of the view, in English */
/** @import { Language } from "./reader.js" */

/** @type {Language} */
let current = "en";

/** The language in use, as an HTML `lang` attribute names it. */
export function language() {
  return current;
}

/**
 * Begins to use the language that Python set, else the one that was chosen here before, else the reader's.
 * @param {string} set "en", "zh" or ""
 * @param {readonly string[]} readers languages of the browser and of the page around it
 */
export function useLanguage(set, readers) {
  current = set === "en" || set === "zh" ? set : readersLanguage(readers);
}

/** The name of each language in itself. @type {Record<Language, string>} */
export const LANGUAGE_NAMES = { en: "English", zh: "中文" };

/** The language that is not in use. */
export function otherLanguage() {
  return current === "en" ? "zh" : "en";
}

/**
 * A text in the language in use, with values in place of {0}, {1}, ...
 * @param {Text} text
 * @param {...(string | number)} values
 */
export function translate(text, ...values) {
  const template = current === "zh" ? CHINESE[text] : text;
  return values.length === 0 ? template : template.replaceAll(/\{(\d)\}/gu, (_, index) => String(values[Number(index)]));
}

/**
 * A text from Python: in the language in use where the table has it, else as it is.
 * @param {string} text
 */
export function translateKnown(text) {
  return Object.hasOwn(CHINESE, text) ? translate(/** @type {Text} */ (text)) : text;
}
