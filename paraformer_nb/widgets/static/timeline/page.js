// What an exported page has beside the view: positions in its address, a theme switch, and a text with times to print.

import { make, makeButton, setText } from "./dom/elements.js";
import { toTimedLines } from "./model/formats.js";
import { positionIn } from "./model/position.js";

/** @import { RunModel } from "./run_model.js" */

const THEMES = ["auto", "light", "dark"];
const KEPT = "paraformer-nb-theme"; // in the browser's storage

/** @param {RunModel} runModel */
export function servePage(runModel) {
  followAddress(runModel);
  makeThemeSwitch();
  printWithTimes(runModel);
}

/**
 * Goes to the position of the address: of `page.html#t=63` to 1:03.
 * @param {RunModel} runModel
 */
function followAddress(runModel) {
  const follow = () => {
    const position = positionIn(location.hash);
    if (position === null) return;
    runModel.playback.seek(Math.min(position, runModel.transcript.extent.end));
    runModel.show(position);
  };
  window.addEventListener("hashchange", follow);
  requestAnimationFrame(() => requestAnimationFrame(follow)); // once the view is drawn, and its width known
}

/** The button goes through the themes; the choice is kept where the browser allows that. */
function makeThemeSwitch() {
  const header = document.querySelector("header");
  if (!(header instanceof HTMLElement)) return;
  let theme = storedTheme();
  const apply = () => {
    document.documentElement.dataset.theme = theme;
    setText(button, `Theme: ${theme}`);
    button.setAttribute("aria-label", `Theme: ${theme}`);
  };
  const button = makeButton("", "Theme", header, () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    storeTheme(theme);
    apply();
  });
  button.classList.add("pnb-theme");
  apply();
}

function storedTheme() {
  try {
    const theme = localStorage.getItem(KEPT) ?? "";
    return THEMES.includes(theme) ? theme : THEMES[0];
  } catch {
    return THEMES[0]; // a page in a sandbox has no storage
  }
}

/** @param {string} theme */
function storeTheme(theme) {
  try {
    localStorage.setItem(KEPT, theme);
  } catch {
    // a page in a sandbox has no storage: the choice lasts as long as the page
  }
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
