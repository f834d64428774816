// The buttons and fields that move the playhead and set how loud it is: some seconds back and on, the clock, the volume.

import { make, makeButton } from "../dom/elements.js";
import { clock, parseClock } from "../model/scale.js";
import { STEP_SECONDS, withKeys } from "./keys.js";
import { translate } from "../model/language.js";

/** @import { Commands } from "./commands.js" */
/** @import { RunModel } from "../run_model.js" */

const NO_TIME = "That is no time of the clip: type one such as 63, 1:03.5 or 1:02:30.";

export class Transport {
  #runModel;
  #commands;
  #focusWords;
  #time;
  #volume;

  /**
   * @param {RunModel} runModel
   * @param {{ moving: HTMLElement, sounding: HTMLElement }} groups of the toolbar
   * @param {Commands} commands
   * @param {() => void} focusWords
   */
  constructor(runModel, { moving, sounding }, commands, focusWords) {
    this.#runModel = runModel;
    this.#commands = commands;
    this.#focusWords = focusWords;
    const [back, on] = [withKeys("{0} s back", "back"), withKeys("{0} s on", "forward")];
    const joined = make("span", "pnb-joined", moving);
    makeButton(translate("−{0} s", STEP_SECONDS), back, joined, () => commands.skip(-STEP_SECONDS));
    this.#time = this.#makeTime(joined);
    makeButton(translate("+{0} s", STEP_SECONDS), on, joined, () => commands.skip(STEP_SECONDS));
    this.#volume = this.#makeVolume(sounding);
  }

  focusTime() {
    this.#time.focus();
    this.#time.select();
  }

  update() {
    const { cursor, playback, transcript } = this.#runModel;
    if (document.activeElement !== this.#time) {
      const shown = clock(cursor.playhead, 1);
      if (this.#time.value !== shown) this.#time.value = shown;
      this.#time.size = Math.max(6, clock(transcript.extent.end, 1).length);
    }
    const percent = String(Math.round(100 * playback.volume));
    if (this.#volume.value !== percent) this.#volume.value = percent;
  }

  /** @param {HTMLElement} row */
  #makeTime(row) {
    const input = make("input", "pnb-field pnb-time-field", row);
    input.setAttribute("aria-label", withKeys("Playhead: a time to go to", "time"));
    input.title = withKeys("The playhead's time; type another one to go to", "time");
    input.autocomplete = "off";
    input.spellcheck = false;
    input.addEventListener("focus", () => input.select());
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      if (event.key === "Enter") this.#goTo(input.value);
      else this.#focusWords();
    });
    return input;
  }

  /** @param {string} typed */
  #goTo(typed) {
    const time = parseClock(typed);
    const { start, end } = this.#runModel.transcript.extent;
    if (time === null || time < start || time > end) {
      this.#runModel.showMessage(translate(NO_TIME));
      return;
    }
    this.#runModel.showMessage("");
    this.#commands.goToTime(time);
    this.#focusWords();
  }

  /** @param {HTMLElement} row */
  #makeVolume(row) {
    const slider = make("input", "pnb-volume", row);
    slider.type = "range";
    slider.max = "100";
    slider.step = "5";
    slider.setAttribute("aria-label", withKeys("Volume", "quieter", "louder"));
    slider.title = withKeys("Volume", "quieter", "louder");
    let isByPointer = false; // then the keys are given back
    slider.addEventListener("pointerdown", () => (isByPointer = true));
    slider.addEventListener("keydown", () => (isByPointer = false));
    slider.addEventListener("input", () => this.#runModel.playback.setVolume(Number(slider.value) / 100));
    slider.addEventListener("change", () => isByPointer && this.#focusWords());
    return slider;
  }
}
