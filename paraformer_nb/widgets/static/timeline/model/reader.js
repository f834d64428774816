// The language of the person at the page.

import { keep, kept } from "./kept.js";

/** @typedef {"en" | "zh"} Language */

const KEPT = "language";

/**
 * The language that was chosen here before, else the reader's.
 * @param {readonly string[]} readers languages of the browser and of the page around it
 * @returns {Language}
 */
export function readersLanguage(readers) {
  const chosen = kept(KEPT);
  if (chosen === "en" || chosen === "zh") return chosen;
  return readers.some((name) => /^zh\b/iu.test(name)) ? "zh" : "en";
}

/**
 * Keeps a language that a person chose, for later views.
 * @param {Language} chosen
 */
export function keepLanguage(chosen) {
  keep(KEPT, chosen);
}
