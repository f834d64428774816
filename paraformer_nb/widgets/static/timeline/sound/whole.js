// The sound of a page without a kernel: one file with a part of the clip.

export class WholeSource {
  /** The clip's time at the media's time 0. */
  offset;
  #url;

  /**
   * @param {string} url
   * @param {number} offset the clip's time at which the file begins
   */
  constructor(url, offset) {
    this.#url = url;
    this.offset = offset;
  }

  /** @param {HTMLAudioElement} audio */
  attach(audio) {
    audio.src = this.#url;
  }

  detach() {}

  ensure() {}
}
