// A MediaSource kept filled with a clip's windows around a time, and emptied elsewhere.

import { bufferedUntil, isBuffered, staleSpans, wantedWindows } from "./windows.js";
import { translate } from "../model/language.js";

/**
 * Fetches the bytes of a window; none for one behind the clip's end. The message of an error is shown as it is.
 * @typedef {(index: number) => Promise<ArrayBuffer | ArrayBufferView<ArrayBuffer>>} FetchWindow
 */

/** Seconds. Seeking behind a media's end is not possible, and the clip's end is known only once it is reached. */
const ENDLESS = 1e6;
/** Kept on both sides of the playhead when the browser's buffer is full. */
const QUOTA_KEEP_SECONDS = 5;
const UNREADABLE_MESSAGE = "The browser could not read the clip's sound.";
const PAST_END_MESSAGE = "There is nothing to play at this position: the clip ends before it.";

export class Feed {
  #media;
  #buffer;
  #fetchWindow;
  #seconds;
  #fail;
  #time = 0;
  #isWorking = false;
  #isClosed = false;
  /** How many windows the clip has, as far as known. */
  #count = Infinity;
  /** The time at which each window's sound ended when it arrived. @type {Map<number, number>} */
  #bufferedEnds = new Map();

  /**
   * @param {MediaSource} media an open one
   * @param {string} mime
   * @param {number} seconds the length of a window
   * @param {FetchWindow} fetchWindow
   * @param {(reason: string) => void} fail called once; nothing more is fetched then
   */
  constructor(media, mime, seconds, fetchWindow, fail) {
    this.#media = media;
    media.duration = ENDLESS;
    this.#buffer = media.addSourceBuffer(mime);
    this.#seconds = seconds;
    this.#fetchWindow = fetchWindow;
    this.#fail = fail;
  }

  close() {
    this.#isClosed = true;
  }

  /**
   * Fetches sound for a time where the playhead is, or will be.
   * @param {number} time
   */
  ensure(time) {
    this.#time = time;
    if (!this.#isWorking && !this.#isClosed) this.#work();
  }

  /** Fetches what is missing, one window after the other: always the most urgent one for where the playhead is by then. */
  async #work() {
    this.#isWorking = true;
    try {
      while (!this.#isClosed && (await this.#step()));
    } catch (error) {
      if (!this.#isClosed) this.#fail(error instanceof Error ? error.message : String(error));
      this.#isClosed = true;
    }
    this.#isWorking = false;
  }

  /** Fetches one window. Returns false when none is missing. */
  async #step() {
    await this.#drop();
    const index = this.#missing();
    if (index === undefined) {
      this.#end();
      return false;
    }
    const bytes = await this.#fetchWindow(index);
    if (this.#isClosed) return false;
    if (bytes.byteLength === 0) this.#shorten(index);
    else if (this.#wanted().includes(index)) await this.#append(index, bytes);
    return true;
  }

  #wanted() {
    return wantedWindows(this.#time, this.#seconds, this.#count);
  }

  #buffered() {
    const { buffered } = this.#buffer;
    return Array.from({ length: buffered.length }, (_, i) => ({ start: buffered.start(i), end: buffered.end(i) }));
  }

  #missing() {
    const have = this.#buffered();
    const endOf = (/** @type {number} */ index) => this.#bufferedEnds.get(index) ?? Infinity;
    return this.#wanted().find((index) => !isBuffered(have, index, this.#seconds, endOf(index)));
  }

  /** @param {number} index of a window behind the clip's end */
  #shorten(index) {
    this.#count = Math.min(this.#count, index);
    if (this.#wanted().length === 0) throw new Error(translate(PAST_END_MESSAGE));
  }

  /**
   * @param {number} index
   * @param {ArrayBuffer | ArrayBufferView<ArrayBuffer>} bytes
   */
  async #append(index, bytes) {
    try {
      await this.#changeBuffer(() => this.#buffer.appendBuffer(bytes));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
      await this.#drop(QUOTA_KEEP_SECONDS);
      await this.#changeBuffer(() => this.#buffer.appendBuffer(bytes));
    }
    if (this.#isClosed) return;
    const start = index * this.#seconds;
    const until = bufferedUntil(this.#buffered(), start);
    if (until === null) throw new Error(translate(UNREADABLE_MESSAGE));
    this.#bufferedEnds.set(index, Math.min(until, start + this.#seconds));
  }

  /** @param {number} [around] seconds to keep on both sides of the playhead */
  async #drop(around) {
    for (const { start, end } of staleSpans(this.#buffered(), this.#time, this.#seconds, around, around)) {
      await this.#changeBuffer(() => this.#buffer.remove(start, end));
    }
  }

  /** Declares the media's end once the clip's end is buffered. The browser revokes this at the next change by itself. */
  #end() {
    const last = this.#count - 1;
    const bufferedEnd = this.#bufferedEnds.get(last);
    if (this.#media.readyState !== "open" || bufferedEnd === undefined) return;
    if (isBuffered(this.#buffered(), last, this.#seconds, bufferedEnd)) this.#media.endOfStream();
  }

  /**
   * Changes the buffer, and resolves when that is done.
   * @param {() => void} change
   */
  #changeBuffer(change) {
    change();
    return new Promise((resolve) => this.#buffer.addEventListener("updateend", resolve, { once: true }));
  }
}
