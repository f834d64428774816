// A MediaSource kept filled with a clip's windows around a time, and emptied elsewhere.

import { bufferedUntil, isBuffered, staleStretches, wantedWindows } from "./windows.js";

/**
 * Gives the bytes of a window; none for one behind the clip's end. What an error says is shown as it stands.
 * @typedef {(index: number) => Promise<ArrayBuffer | ArrayBufferView<ArrayBuffer>>} FetchWindow
 */

/** Seconds. Nobody can jump behind a media's end, and where the clip's end is shows only when it is met. */
const ENDLESS = 1e6;
/** Seconds to keep around the playhead when the browser says that its buffer is full. */
const TIGHT = 5;
const BROKEN = "The browser could not read the clip's sound.";
const OVER = "There is nothing to play at this place: the clip ends before it.";

export class Feed {
  #media;
  #buffer;
  #fetchWindow;
  #seconds;
  #fail;
  #time = 0;
  #isWorking = false;
  #isOver = false;
  /** How many windows the clip has, as far as that is known. */
  #count = Infinity;
  /** Where the sound of each window ended when it came. @type {Map<number, number>} */
  #reach = new Map();

  /**
   * @param {MediaSource} media an open one
   * @param {string} mime
   * @param {number} seconds the length of a window
   * @param {FetchWindow} fetchWindow
   * @param {(reason: string) => void} fail told once; nothing more comes then
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
    this.#isOver = true;
  }

  /**
   * The playhead is, or will be, here: sees to it that there is sound.
   * @param {number} time
   */
  ensure(time) {
    this.#time = time;
    if (!this.#isWorking && !this.#isOver) this.#work();
  }

  /** Gets what is missing, one window after the other: always the most urgent one for where the playhead is by then. */
  async #work() {
    this.#isWorking = true;
    try {
      while (!this.#isOver && (await this.#step()));
    } catch (error) {
      if (!this.#isOver) this.#fail(error instanceof Error ? error.message : String(error));
      this.#isOver = true;
    }
    this.#isWorking = false;
  }

  /** Gets one window; false when all are there. */
  async #step() {
    await this.#drop();
    const index = this.#missing();
    if (index === undefined) {
      this.#end();
      return false;
    }
    const bytes = await this.#fetchWindow(index);
    if (this.#isOver) return false;
    if (bytes.byteLength === 0) this.#meetEnd(index);
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
    return this.#wanted().find((index) => !isBuffered(have, index, this.#seconds, this.#reach.get(index) ?? Infinity));
  }

  /** @param {number} index of a window behind the clip's end */
  #meetEnd(index) {
    this.#count = Math.min(this.#count, index);
    if (this.#wanted().length === 0) throw new Error(OVER);
  }

  /**
   * @param {number} index
   * @param {ArrayBuffer | ArrayBufferView<ArrayBuffer>} bytes
   */
  async #append(index, bytes) {
    try {
      await this.#settle(() => this.#buffer.appendBuffer(bytes));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
      await this.#drop(TIGHT);
      await this.#settle(() => this.#buffer.appendBuffer(bytes));
    }
    if (this.#isOver) return;
    const start = index * this.#seconds;
    const until = bufferedUntil(this.#buffered(), start);
    if (until === null) throw new Error(BROKEN);
    this.#reach.set(index, Math.min(until, start + this.#seconds));
  }

  /** @param {number} [around] seconds to keep on both sides of the playhead */
  async #drop(around) {
    for (const { start, end } of staleStretches(this.#buffered(), this.#time, this.#seconds, around, around)) {
      await this.#settle(() => this.#buffer.remove(start, end));
    }
  }

  /** Tells the browser where the clip ends, once that is buffered. It takes this back by itself at the next change. */
  #end() {
    const last = this.#count - 1;
    const reach = this.#reach.get(last);
    if (this.#media.readyState !== "open" || reach === undefined) return;
    if (isBuffered(this.#buffered(), last, this.#seconds, reach)) this.#media.endOfStream();
  }

  /**
   * Changes the buffer, and waits until that is done.
   * @param {() => void} change
   */
  #settle(change) {
    change();
    return new Promise((resolve) => this.#buffer.addEventListener("updateend", resolve, { once: true }));
  }
}
