// Playing for one run, however many views show it: what Play means now, and the playhead that goes along.

import { Player } from "./player.js";
import { isTerminal } from "../run/store.js";

/** @import { Session } from "../session.js" */

const PLAYS = "paraformer-nb-plays";
const NEARLY_OVER = 0.05; // seconds before a part's end, where Play begins it again
export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

export class Playback {
  isLooping = false;
  rate = 1;
  #session;
  /** @type {Player | null} made at the first play: browsers give sound to a person's press only */
  #player = null;
  #frame = 0;
  #alone = new AbortController();
  /** What is being played, or was last. @type {{ from: number, to: number | null }} */
  #playing = { from: 0, to: null };

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
  }

  /** To be called when there is a page: whoever plays makes the others stop. */
  #listen() {
    const pause = (/** @type {Event} */ event) => {
      if (event instanceof CustomEvent && event.detail !== this) this.pause();
    };
    document.addEventListener(PLAYS, pause, { signal: this.#alone.signal });
  }

  get isPlaying() {
    return this.#player?.isPlaying ?? false;
  }

  /** Plays the selection where there is one, else from the playhead on; or stops. */
  toggle() {
    if (this.isPlaying) this.pause();
    else this.start();
  }

  start() {
    const { playhead } = this.#session.cursor;
    const { from, to } = this.#part;
    this.#play(playhead >= from && playhead < (to ?? Infinity) - NEARLY_OVER ? playhead : from, to, from);
  }

  /** @param {number} time to the end, or to that of a selection which is looped about it */
  playFrom(time) {
    const { from, to } = this.#part;
    const isAbout = this.isLooping && time >= from && (to === null || time < to);
    const { start } = this.#session.store.extent;
    this.#play(time, isAbout ? to : this.#end, isAbout ? from : start);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  playSpan(from, to) {
    this.#play(from, to, from);
  }

  pause() {
    this.#player?.pause();
  }

  /**
   * The playhead elsewhere; playing goes on from there.
   * @param {number} time
   */
  seek(time) {
    this.#player?.seek(time);
    this.#session.cursor.movePlayhead(time);
  }

  /** @param {number} rate */
  setRate(rate) {
    this.rate = rate;
    if (this.#player) this.#player.rate = rate;
    this.#session.notify();
  }

  /** @param {number} steps through the rates there are */
  changeRate(steps) {
    const place = RATES.indexOf(this.rate) + steps;
    this.setRate(RATES[Math.min(RATES.length - 1, Math.max(0, place))]);
  }

  toggleLoop() {
    this.isLooping = !this.isLooping;
    const { from, to } = this.#playing;
    if (this.#player?.isPlaying) this.#play(this.#player.time, to, from);
    this.#session.notify();
  }

  get isWaiting() {
    return this.isPlaying && (this.#player?.isWaiting ?? false);
  }

  /** What Play plays: the selection, or all there is. */
  get #part() {
    const { cursor, store } = this.#session;
    if (cursor.selection) return { from: cursor.selection[0], to: cursor.selection[1] };
    return { from: store.extent.start, to: this.#end };
  }

  /** Where what was heard ends, or null while it goes on. */
  get #end() {
    const { run, extent } = this.#session.store;
    return run && isTerminal(run.state) ? extent.end : null;
  }

  dispose() {
    this.#alone.abort();
    if (this.#frame) cancelAnimationFrame(this.#frame);
    this.#player?.dispose();
  }

  /**
   * @param {number} time
   * @param {number | null} until
   * @param {number} loopFrom
   */
  #play(time, until, loopFrom) {
    document.dispatchEvent(new CustomEvent(PLAYS, { detail: this }));
    this.#playing = { from: loopFrom, to: until };
    this.#session.say("");
    this.#session.cursor.movePlayhead(time);
    this.#session.show(time);
    try {
      this.#player ??= this.#makePlayer();
    } catch (error) {
      this.#session.say(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#player.rate = this.rate;
    this.#player.play(time, until, this.isLooping ? loopFrom : null);
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#goAlong);
  }

  #makePlayer() {
    this.#listen();
    return new Player(this.#session.openAudio(), {
      changed: () => this.#rest(),
      failed: (reason) => this.#session.say(reason),
    });
  }

  #goAlong = () => {
    this.#frame = 0;
    if (!this.#player?.isPlaying) return;
    this.#session.cursor.movePlayhead(this.#player.time, true);
    this.#frame = requestAnimationFrame(this.#goAlong);
  };

  /** It began, stopped, waits or goes on. */
  #rest() {
    if (this.#player && !this.#player.isPlaying) this.#session.cursor.movePlayhead(this.#player.time);
    this.#session.notify();
  }
}
