// Plays any part of a clip through one <audio> element, wherever its sound comes from.

import { translate } from "../model/language.js";

/** @import { Samples } from "./wav.js" */

/**
 * @typedef {object} AudioSource
 * @property {number} offset the clip's time at the media's time 0
 * @property {(audio: HTMLAudioElement, fail: (reason: string) => void) => void} attach connects the sound to the
 *   element; throws an Error whose message can be shown
 * @property {() => void} detach
 * @property {(time: number) => void} ensure fetches sound for a time of the media where the playhead is, or will be
 * @property {(from: number, to: number) => Promise<Samples | null>} read the samples of at least a span of the clip; null
 *   where they cannot be read
 */

/**
 * @typedef {object} PlayerCallbacks
 * @property {() => void} changed it started, stopped, waits for sound or continues
 * @property {(reason: string) => void} failed it stopped because something is wrong; a sentence to show
 */

const SLOWEST = 0.5;
const FASTEST = 2;
/** A part has ended this long before its end: a timer may fire so much early. */
const EARLY_TIMER_SECONDS = 0.004;
const NOT_ALLOWED = "The browser did not allow this page to play sound. Press Play again.";
const NOT_PLAYABLE = "The browser cannot play this clip's sound.";
const NO_DEVICE =
  "The browser found no device to play sound on. The clip is as it was: connect one (headphones, a virtual device), and press Play.";
// Firefox's names for it in MediaError.message; other browsers play to nowhere without an error.
const DEVICE_ERRORS = /CUBEB_INITIALIZATION_ERR|MEDIASINK_ERR/;
const EVENTS = ["playing", "waiting", "seeking", "seeked", "timeupdate", "ratechange", "ended", "error"];

/**
 * Explains a media element's error.
 * @param {{ message: string } | null} error
 */
export function explain(error) {
  return DEVICE_ERRORS.test(error?.message ?? "") ? translate(NO_DEVICE) : translate(NOT_PLAYABLE);
}

export class Player {
  isPlaying = false;
  /** True while it should sound and does not, because its sound has not arrived yet. */
  isWaiting = false;

  #source;
  #callbacks;
  #audio = new Audio();
  #listening = new AbortController();
  #isAttached = false;
  /** The position last sought; the element does not keep it while it has no sound. */
  #sought = 0;
  /** True while the element cannot seek there yet. */
  #isSeekPending = false;
  /** @type {number | null} */
  #until = null;
  /** @type {number | null} */
  #loopFrom = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #endTimer;

  /**
   * @param {AudioSource} source
   * @param {PlayerCallbacks} callbacks
   */
  constructor(source, callbacks) {
    this.#source = source;
    this.#callbacks = callbacks;
    this.#audio.preservesPitch = true;
    for (const name of EVENTS) this.#audio.addEventListener(name, this.#onEvent, { signal: this.#listening.signal });
  }

  dispose() {
    this.#listening.abort();
    this.#halt();
    this.#detach();
  }

  /** The position of the clip that sounds now. */
  get time() {
    const isUnknown = this.#isSeekPending || this.#audio.readyState === 0;
    return isUnknown ? this.#sought : this.#source.offset + this.#audio.currentTime;
  }

  /** Speed, 0.5 to 2; the pitch is kept. */
  get rate() {
    return this.#audio.playbackRate;
  }

  set rate(rate) {
    const within = Math.min(FASTEST, Math.max(SLOWEST, rate));
    this.#audio.defaultPlaybackRate = within; // the element resets to it with a new source
    this.#audio.playbackRate = within;
  }

  /** @param {number} volume 0 to 1 */
  set volume(volume) {
    this.#audio.volume = volume;
  }

  /**
   * Plays a part of the clip. Call it in a person's gesture: browsers allow sound only there.
   * @param {number} from
   * @param {number | null} [until] where to stop; null: at the clip's end
   * @param {number | null} [loopFrom] where to continue instead of stopping
   */
  play(from, until = null, loopFrom = null) {
    this.#until = until;
    this.#loopFrom = loopFrom;
    this.isPlaying = true;
    this.isWaiting = true;
    try {
      this.#attach();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#moveTo(from);
    this.#start();
    this.#callbacks.changed();
  }

  pause() {
    if (!this.isPlaying) return;
    this.#halt();
    this.#callbacks.changed();
  }

  /**
   * Moves to another position, playing or not. Outside the part that is being played, playing no longer stops at its end.
   * @param {number} time
   */
  seek(time) {
    if (this.#until !== null && (time >= this.#until || time < (this.#loopFrom ?? -Infinity))) {
      this.#until = null;
      this.#loopFrom = null;
    }
    this.#moveTo(time);
  }

  #attach() {
    if (this.#isAttached) return;
    this.#source.attach(this.#audio, (reason) => this.#fail(reason));
    this.#isAttached = true;
  }

  #detach() {
    this.#sought = this.time;
    this.#source.detach();
    this.#isAttached = false;
    this.#audio.removeAttribute("src");
    this.#audio.load(); // releases what was buffered
  }

  /** @param {number} time */
  #moveTo(time) {
    clearTimeout(this.#endTimer);
    this.#sought = time;
    if (!this.#isAttached) return;
    const mediaTime = this.#mediaTime(time);
    if (this.isPlaying) this.#source.ensure(mediaTime);
    // WebKit would never play after a seek before it knows the file.
    this.#isSeekPending = this.#audio.readyState === 0;
    if (!this.#isSeekPending) this.#audio.currentTime = mediaTime;
    else this.#audio.addEventListener("loadedmetadata", this.#onMetadata, { once: true, signal: this.#listening.signal });
  }

  #onMetadata = () => {
    if (this.#isAttached && this.#isSeekPending) this.#audio.currentTime = this.#mediaTime(this.#sought);
    this.#isSeekPending = false;
  };

  /** @param {number} time of the clip */
  #mediaTime(time) {
    return Math.max(0, time - this.#source.offset);
  }

  #start() {
    this.#audio.play().catch((error) => {
      // A pause before the sound arrived is not a failure, and neither is the end of this source.
      if (error.name === "AbortError" || !this.isPlaying) return;
      this.#fail(error.name === "NotAllowedError" ? translate(NOT_ALLOWED) : explain(this.#audio.error ?? error));
    });
  }

  #halt() {
    this.isPlaying = false;
    this.isWaiting = false;
    clearTimeout(this.#endTimer);
    this.#audio.pause();
  }

  /** @param {string} reason */
  #fail(reason) {
    this.#halt();
    this.#detach(); // so that the next play starts over
    this.#callbacks.failed(reason);
  }

  #onEvent = (/** @type {Event} */ { type }) => {
    if (!this.#isAttached) return;
    if (type === "error") this.#fail(explain(this.#audio.error));
    if (!this.isPlaying) return;
    if (type === "ended") this.#finish();
    else if (type === "playing") this.#wait(false);
    else if (type === "waiting") this.#wait(true);
    else if (type !== "ratechange") this.#source.ensure(this.#mediaTime(this.time));
    this.#armEnd();
  };

  /** @param {boolean} isWaiting */
  #wait(isWaiting) {
    if (this.isWaiting === isWaiting) return;
    this.isWaiting = isWaiting;
    this.#callbacks.changed();
  }

  /** The element reports its time only four times a second: a part's end needs a timer of its own. */
  #armEnd() {
    clearTimeout(this.#endTimer);
    if (this.#until === null || !this.isPlaying || this.isWaiting || this.#audio.seeking) return;
    const left = this.#until - this.time;
    if (left <= EARLY_TIMER_SECONDS) this.#finish();
    else this.#endTimer = setTimeout(() => this.#armEnd(), (1000 * left) / this.rate);
  }

  /** The part's end, or the clip's, was reached. */
  #finish() {
    if (this.#loopFrom !== null) {
      this.#moveTo(this.#loopFrom);
      if (this.#audio.paused) this.#start(); // it pauses at its end
      return;
    }
    const until = this.#until;
    this.#halt();
    if (until !== null && until < this.time) this.#moveTo(until);
    this.#callbacks.changed();
  }
}
