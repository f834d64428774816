// Playing for one run, however many views show it: what Play means now, and the playhead that goes along.

import { Player } from "./player.js";

/** @import { Session } from "./session.js" */

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

export class Playback {
  isLooping = false;
  rate = 1;
  #session;
  /** @type {Player | null} made at the first play: browsers give sound to a person's press only */
  #player = null;
  #frame = 0;

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
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
    const { cursor, store } = this.#session;
    const { start, end } = store.extent;
    const [from, to] = cursor.selection ?? [start, end];
    const isWithin = cursor.playhead >= from && cursor.playhead < to - 0.05;
    this.#play(isWithin ? cursor.playhead : from, cursor.selection ? to : null, this.isLooping ? from : null);
  }

  /** @param {number} time */
  playFrom(time) {
    this.#play(time, null, null);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  playSpan(from, to) {
    this.#play(from, to, this.isLooping ? from : null);
  }

  pause() {
    this.#player?.pause();
  }

  /**
   * The playhead elsewhere; playing goes on from there.
   * @param {number} time
   */
  seek(time) {
    if (this.isPlaying) this.#player?.play(time, null, null);
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
    if (this.isPlaying) this.start();
    this.#session.notify();
  }

  dispose() {
    if (this.#frame) cancelAnimationFrame(this.#frame);
    this.#player?.dispose();
  }

  /**
   * @param {number} from
   * @param {number | null} until
   * @param {number | null} loopFrom
   */
  #play(from, until, loopFrom) {
    this.#session.say("");
    this.#session.cursor.movePlayhead(from);
    try {
      this.#player ??= new Player(this.#session.openAudio(), {
        changed: () => this.#rest(),
        failed: (reason) => this.#session.say(reason),
      });
    } catch (error) {
      this.#session.say(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#player.rate = this.rate;
    this.#player.play(from, until, loopFrom);
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#goAlong);
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
