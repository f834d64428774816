// The sound of a page without a kernel: one file with a part of the clip.

import { decodedSamples } from "./decoded.js";

/** @import { Samples } from "./wav.js" */

export class WholeSource {
  /** The clip's time at the media's time 0. */
  offset;
  #url;
  #bytes;
  /** @type {Promise<Samples | null> | null} */
  #decoded = null;

  /**
   * @param {string} url
   * @param {number} offset the clip's time at which the file begins
   * @param {(() => Promise<ArrayBuffer>) | null} bytes of the file; null where a page cannot read it
   */
  constructor(url, offset, bytes = null) {
    this.#url = url;
    this.offset = offset;
    this.#bytes = bytes;
  }

  /** @param {HTMLAudioElement} audio */
  attach(audio) {
    audio.src = this.#url;
  }

  detach() {}

  ensure() {}

  /** All samples of the file; null where they cannot be read, or are too many to be kept. */
  async read() {
    this.#decoded ??= this.#bytes ? this.#bytes().then((bytes) => decodedSamples(bytes, this.offset)) : null;
    return this.#decoded;
  }
}
