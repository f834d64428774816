// Playback of one run, however many views show it: what Play plays now, and the playhead that moves along.

import { lastAt } from "../model/hits.js";
import { withinRange } from "../model/settings.js";
import { Player } from "./player.js";

/** @import { RunModel } from "../run_model.js" */

const PLAY_EVENT = "paraformer-nb-plays"; // an event of the document
const NEARLY_ENDED = 0.05; // seconds before a part's end, from where Play begins it again
export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

export class Playback {
  #runModel;
  /** @type {Player | null} made at the first play: browsers allow sound only in a person's press */
  #player = null;
  #frame = 0;
  #listening = new AbortController();
  /** What is being played, or was last. @type {{ from: number, to: number | null }} */
  #playing = { from: 0, to: null };
  /** Where the sound was paused: going on begins a little before it, unless the playhead was moved. @type {number | null} */
  #pausedAt = null;
  #keepsFocus = false;

  /** @param {RunModel} runModel */
  constructor(runModel) {
    this.#runModel = runModel;
  }

  /** Pauses whenever another run is played in the same page. */
  #pauseForOthers() {
    const pause = (/** @type {Event} */ event) => {
      if (event instanceof CustomEvent && event.detail !== this) this.pause();
    };
    document.addEventListener(PLAY_EVENT, pause, { signal: this.#listening.signal });
  }

  get isLooping() {
    return this.#runModel.settings.isLooping;
  }

  get rate() {
    return this.#runModel.settings.rate;
  }

  get volume() {
    return this.#runModel.settings.volume;
  }

  get isPlaying() {
    return this.#player?.isPlaying ?? false;
  }

  /** Pauses, or plays the selection where there is one, else from the playhead on. */
  toggle() {
    if (this.isPlaying) this.pause();
    else this.start();
  }

  start() {
    const { playhead, rewind } = this.#runModel.cursor;
    const { from, to } = this.#part;
    const isWithin = playhead >= from && playhead < (to ?? Infinity) - NEARLY_ENDED;
    const back = playhead === this.#pausedAt ? rewind : 0;
    this.#play(isWithin ? Math.max(from, playhead - back) : from, to, from);
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {boolean} keepsFocus the current word remains it, whatever sounds
   */
  playSpan(from, to, keepsFocus = false) {
    this.#play(from, to, from);
    this.#keepsFocus = keepsFocus;
  }

  pause() {
    if (!this.isPlaying) return;
    this.#player?.pause();
    this.#pausedAt = this.#runModel.cursor.playhead;
  }

  /**
   * Moves the playhead; playing continues from there.
   * @param {number} time
   */
  seek(time) {
    this.#player?.seek(time);
    this.#runModel.cursor.movePlayhead(time);
  }

  /** @param {number} rate */
  setRate(rate) {
    if (this.#player) this.#player.rate = rate;
    this.#runModel.set({ rate });
  }

  /** @param {number} steps through `RATES` */
  changeRate(steps) {
    const index = RATES.indexOf(this.rate) + steps;
    this.setRate(RATES[Math.min(RATES.length - 1, Math.max(0, index))]);
  }

  /** @param {number} volume 0 to 1; what is outside is as loud as the nearest of them */
  setVolume(volume) {
    const within = withinRange("volume", volume);
    if (this.#player) this.#player.volume = within;
    this.#runModel.set({ volume: within });
  }

  toggleLoop() {
    this.#runModel.set({ isLooping: !this.isLooping });
    const { from, to } = this.#playing;
    if (this.#player?.isPlaying) this.#play(this.#player.time, to, from);
  }

  get isWaiting() {
    return this.isPlaying && (this.#player?.isWaiting ?? false);
  }

  /** What Play plays: the selection, or the whole run. */
  get #part() {
    const { cursor, transcript } = this.#runModel;
    if (cursor.selection) {
      const [from, to] = cursor.selection;
      return { from, to };
    }
    return { from: transcript.extent.start, to: this.#end };
  }

  /** The end of the run's part of the clip, or null while the run continues. */
  get #end() {
    const { run, extent } = this.#runModel.transcript;
    return run?.has_ended ? extent.end : null;
  }

  dispose() {
    this.#listening.abort();
    if (this.#frame) cancelAnimationFrame(this.#frame);
    this.#player?.dispose();
  }

  /**
   * @param {number} time
   * @param {number | null} until
   * @param {number} loopFrom
   */
  #play(time, until, loopFrom) {
    document.dispatchEvent(new CustomEvent(PLAY_EVENT, { detail: this }));
    this.#playing = { from: loopFrom, to: until };
    this.#pausedAt = null;
    this.#keepsFocus = false;
    this.#runModel.showMessage("");
    this.#runModel.cursor.movePlayhead(time);
    this.#runModel.show(time);
    try {
      this.#player ??= this.#makePlayer();
    } catch (error) {
      this.#runModel.showMessage(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#player.rate = this.rate;
    this.#player.volume = this.volume;
    this.#player.play(time, until, this.isLooping ? loopFrom : null);
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#movePlayhead);
  }

  #makePlayer() {
    this.#pauseForOthers();
    return new Player(this.#runModel.openAudio(), {
      changed: () => this.#onPlayerChange(),
      failed: (reason) => this.#runModel.showMessage(reason),
    });
  }

  #movePlayhead = () => {
    this.#frame = 0;
    if (!this.#player?.isPlaying) return;
    this.#runModel.cursor.movePlayhead(this.#player.time, true);
    this.#frame = requestAnimationFrame(this.#movePlayhead);
  };

  /** The player started, stopped, waits or continues. */
  #onPlayerChange() {
    if (this.#player && !this.#player.isPlaying) {
      this.#runModel.cursor.movePlayhead(this.#player.time);
      this.focusSounding();
    }
    this.#runModel.notifyViewChange();
  }

  /** Makes the word that sounds the current one; at the end of a part its last word, not the one that follows. */
  focusSounding() {
    if (this.#keepsFocus) return;
    const { cursor, transcript } = this.#runModel;
    const { to } = this.#playing;
    const isOver = to !== null && cursor.playhead > to - NEARLY_ENDED;
    const index = lastAt(transcript.words, isOver ? Math.min(cursor.playhead, to) - NEARLY_ENDED : cursor.playhead);
    if (index >= 0) cursor.focusOn(transcript, index);
  }
}
