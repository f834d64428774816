// What an exported page has beside the view: positions in its address, switches of language and theme, keys from anywhere,
// and a text with times to print.

import { keyOf } from "./controls/keys.js";
import { makeLanguageButton } from "./controls/language_button.js";
import { make, makeButton, setText } from "./dom/elements.js";
import { toTimedLines } from "./model/formats.js";
import { lastAt } from "./model/hits.js";
import { keep, kept } from "./model/kept.js";
import { language, translate } from "./model/language.js";
import { positionIn } from "./model/position.js";

/** @import { RunModel } from "./run_model.js" */

const KEPT = "theme";
const DARK_FRAME = "(min-height: 622px)"; // see widgets/still.py

/** @param {RunModel} runModel */
export function servePage(runModel) {
  followAddress(runModel);
  if (document.body.classList.contains("pnb-framed")) followFrame();
  else makeSwitches(runModel);
  listenToPageKeys();
  printWithTimes(runModel);
}

/**
 * Goes to the position of the address, of `page.html#t=63` to 1:03; of `#w=63` to the word there, which is then the current one.
 * @param {RunModel} runModel
 */
function followAddress(runModel) {
  const follow = () => {
    const named = positionIn(location.hash);
    if (!named) return;
    const { cursor, playback, transcript } = runModel;
    const index = named.isWord ? lastAt(transcript.words, named.position) : -1;
    const position = index < 0 ? named.position : transcript.words.starts[index];
    playback.seek(Math.min(position, transcript.extent.end));
    runModel.show(position);
    if (index >= 0) cursor.focusOn(transcript, index);
  };
  window.addEventListener("hashchange", follow);
  requestAnimationFrame(() => requestAnimationFrame(follow)); // once the view is drawn, and its width known
}

/** Keys that are pressed outside of the view are the view's: the page is a player. The view keeps its own from bubbling up. */
function listenToPageKeys() {
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const isUsed = target instanceof HTMLButtonElement && (key === "Enter" || key === " ");
    const words = document.querySelector(".pnb-words");
    if (isUsed || event.defaultPrevented || !(words instanceof HTMLElement) || !keyOf(event)) return;
    event.preventDefault();
    words.focus({ preventScroll: true });
    words.dispatchEvent(new KeyboardEvent(event.type, event));
  });
}

/** A frame in a notebook follows the notebook's theme, which the frame's height shows. */
function followFrame() {
  const query = matchMedia(DARK_FRAME);
  const apply = () => (document.documentElement.dataset.theme = query.matches ? "dark" : "light");
  query.addEventListener("change", apply);
  apply();
}

/**
 * The buttons of the page's header, made anew in another language.
 * @param {RunModel} runModel
 */
function makeSwitches(runModel) {
  const header = document.querySelector("header");
  if (!(header instanceof HTMLElement)) return;
  const box = make("span", "pnb-switches", header);
  const write = () => {
    box.lang = language();
    box.replaceChildren();
    makeLanguageButton(runModel, box);
    makeThemeSwitch(box);
  };
  write();
  runModel.addListener(({ kind }) => kind === "language" && write());
}

/**
 * The button goes through the themes; the choice is kept where the browser allows that.
 * @param {HTMLElement} parent
 */
function makeThemeSwitch(parent) {
  const names = /** @type {const} */ ({ auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" });
  const themes = /** @type {(keyof typeof names)[]} */ (Object.keys(names));
  const { dataset } = document.documentElement;
  let theme = themes.find((name) => name === (dataset.theme ?? kept(KEPT))) ?? "auto";
  const apply = () => {
    dataset.theme = theme;
    setText(button, translate(names[theme]));
    button.setAttribute("aria-label", translate(names[theme]));
  };
  const button = makeButton("", translate("Theme"), parent, () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    keep(KEPT, theme);
    apply();
  });
  button.classList.add("pnb-theme");
  apply();
}

/**
 * Writes the text with times when the page is printed; the view itself is not printed then.
 * @param {RunModel} runModel
 */
function printWithTimes(runModel) {
  const section = make("section", "pnb-print", document.body);
  section.lang = runModel.transcript.run?.language ?? "";
  window.addEventListener("beforeprint", () => {
    section.replaceChildren();
    for (const line of toTimedLines(runModel.transcript).trimEnd().split("\n")) make("p", "", section).textContent = line;
  });
}
