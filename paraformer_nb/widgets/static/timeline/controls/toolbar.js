// The tools below the picture: of the sound (play, loop, speed), and of the picture (zoom, follow, spectrogram, find, help).

import { make, makeButton, setAttribute, setHidden, setText } from "../dom/elements.js";
import { MAX_TEXT } from "../messages.js";
import { ZOOM_STEP, withKeys } from "./keys.js";
import { Transport } from "./transport.js";
import { RATES } from "../sound/playback.js";
import { translate } from "../model/language.js";

/** @import { Commands } from "./commands.js" */
/** @import { RunModel } from "../run_model.js" */

const FIND_AFTER_MS = 120; // after the last key

export class Toolbar {
  #runModel;
  #play;
  #transport;
  #loop;
  #rate;
  #follow;
  #spectrogram;
  #selection;
  #find;
  #found;
  #replace;
  #names;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   * @param {Commands} commands
   * @param {() => void} focusWords
   */
  constructor(runModel, parent, commands, focusWords) {
    this.#runModel = runModel;
    this.#names = {
      play: withKeys("Play", "play"),
      pause: withKeys("Pause", "play"),
      followWords: withKeys("Follow the newest words", "follow"),
      followPlayhead: withKeys("Follow the playhead", "follow"),
    };
    const row = make("div", "pnb-controls", parent);
    const [ofSound, ofPicture] = [make("span", "pnb-tools", row), make("span", "pnb-tools", row)]; // a row each, or one
    const [moving, sounding] = [make("span", "pnb-tool-group", ofSound), make("span", "pnb-tool-group", ofSound)];
    this.#play = makeButton(translate("▶ Play"), this.#names.play, moving, () => commands.togglePlay());
    this.#play.classList.add("pnb-play");
    this.#transport = new Transport(runModel, { moving, sounding }, commands, focusWords);
    const loop = withKeys("Loop the selection, or the clip", "loop");
    this.#loop = makeButton(translate("⟲ Loop"), loop, sounding, () => commands.toggleLoop());
    this.#rate = this.#makeRate(sounding, runModel, focusWords);
    const zoom = make("span", "pnb-joined", ofPicture);
    makeButton("−", withKeys("Zoom out", "zoomOut"), zoom, () => commands.zoom(1 / ZOOM_STEP));
    makeButton(translate("All"), withKeys("Show all of the clip", "all"), zoom, () => commands.fit());
    const selection = withKeys("Show the selection, as large as it can be", "zoomSelection");
    this.#selection = makeButton(translate("Selection"), selection, zoom, () => commands.zoomToSelection());
    makeButton("+", withKeys("Zoom in", "zoomIn"), zoom, () => commands.zoom(ZOOM_STEP));
    const showing = make("span", "pnb-tool-group pnb-showing", ofPicture);
    this.#follow = makeButton(translate("Follow"), this.#names.followWords, showing, () => commands.toggleFollow());
    const spectrogram = withKeys("Spectrogram", "spectrogram");
    this.#spectrogram = makeButton(translate("Spectrogram"), spectrogram, showing, () => commands.toggleSpectrogram());
    this.#find = this.#makeFind(showing, commands, focusWords);
    this.#found = make("span", "pnb-found", showing);
    this.#found.setAttribute("aria-live", "polite");
    this.#replace = this.#makeReplace(showing, commands, focusWords);
    makeButton("?", withKeys("Keys", "help"), showing, () => commands.toggleHelp()).classList.add("pnb-last");
  }

  focusTime() {
    this.#transport.focusTime();
  }

  focusFind() {
    this.#find.focus();
    this.#find.select();
  }

  /** @param {boolean} hasSpectrogram */
  update(hasSpectrogram) {
    const { viewportChoice, cursor, playback, transcript } = this.#runModel;
    const { found } = cursor;
    setText(this.#play, translate(playback.isWaiting ? "❚❚ Pause …" : playback.isPlaying ? "❚❚ Pause" : "▶ Play"));
    setAttribute(this.#play, "aria-label", playback.isPlaying ? this.#names.pause : this.#names.play);
    setAttribute(this.#loop, "aria-pressed", String(playback.isLooping));
    this.#transport.update();
    this.#selection.disabled = !cursor.selection;
    const hasEnded = transcript.run?.has_ended === true; // no new words will come: the playhead is followed
    const isFollowing = hasEnded ? this.#runModel.settings.followsPlayhead : viewportChoice.follow;
    const follow = hasEnded ? this.#names.followPlayhead : this.#names.followWords;
    setAttribute(this.#follow, "aria-pressed", String(isFollowing));
    setAttribute(this.#follow, "aria-label", follow);
    setAttribute(this.#follow, "title", follow);
    setAttribute(this.#spectrogram, "aria-pressed", String(hasSpectrogram));
    if (this.#rate.value !== String(playback.rate)) this.#rate.value = String(playback.rate);
    setHidden(this.#spectrogram, this.#runModel.isStandalone);
    setText(this.#follow, translate(isFollowing ? "Follow ✓" : "Follow"));
    setHidden(this.#replace, found.matches.length === 0 || transcript.run?.can_correct !== true);
    if (document.activeElement !== this.#find && this.#find.value !== found.text) this.#find.value = found.text;
    setText(this.#found, found.text ? (found.matches.length ? `${found.current + 1}/${found.matches.length}` : translate("none")) : "");
  }

  /**
   * @param {HTMLElement} row
   * @param {RunModel} runModel
   * @param {() => void} focusWords
   */
  #makeRate(row, runModel, focusWords) {
    const select = make("select", "pnb-button pnb-rate", row);
    select.setAttribute("aria-label", translate("Speed"));
    select.title = withKeys("Speed, with the pitch kept", "slower", "faster");
    for (const rate of RATES) select.add(new Option(`${rate}×`, String(rate)));
    let isByPointer = false; // then the keys are given back; with the keyboard a person may still be choosing
    select.addEventListener("pointerdown", () => (isByPointer = true));
    select.addEventListener("keydown", () => (isByPointer = false));
    select.addEventListener("change", () => {
      runModel.playback.setRate(Number(select.value));
      if (isByPointer) focusWords();
    });
    return select;
  }

  /**
   * @param {HTMLElement} row
   * @param {Commands} commands
   * @param {() => void} focusWords
   */
  #makeFind(row, commands, focusWords) {
    const input = make("input", "pnb-field pnb-find", row);
    input.type = "search";
    input.placeholder = translate("Find a word");
    input.dir = "auto";
    input.setAttribute("aria-label", translate("Find in the transcript"));
    const find = () => {
      clearTimeout(this.#typing);
      if (input.value !== this.#runModel.cursor.found.text) commands.find(input.value);
    };
    input.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(find, FIND_AFTER_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      if (event.key === "Escape") {
        find(); // what was typed last: it is the current word then
        commands.find((input.value = ""));
        focusWords();
      } else if (input.value === this.#runModel.cursor.found.text) commands.findNext(event.shiftKey ? -1 : 1);
      else find();
    });
    return input;
  }

  /**
   * @param {HTMLElement} row
   * @param {Commands} commands
   * @param {() => void} focusWords
   */
  #makeReplace(row, commands, focusWords) {
    const input = make("input", "pnb-field pnb-replace", row);
    input.placeholder = translate("Replace all by");
    input.dir = "auto";
    input.maxLength = MAX_TEXT;
    input.setAttribute("aria-label", translate("Replace all that was found by: Enter replaces it everywhere"));
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      if (event.key === "Enter") commands.proofreading.replaceAll(input.value);
      input.value = "";
      focusWords();
    });
    return input;
  }

  dispose() {
    clearTimeout(this.#typing);
  }
}
