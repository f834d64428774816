// Texts of the panel's own front ends: English, as they stand in the code, or what widgets/panel_texts.py has for them.

/** @typedef {Record<string, string>} Texts what is shown in place of English texts */

/**
 * A text in the language in use, with values in place of {0}, {1}, ...
 * @param {Texts} texts
 * @param {string} text
 * @param {...(string | number)} values
 */
export function translate(texts, text, ...values) {
  return (texts[text] ?? text).replaceAll(/\{(\d)\}/gu, (_, index) => String(values[Number(index)]));
}
