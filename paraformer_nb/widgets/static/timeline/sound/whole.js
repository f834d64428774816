// The sound of a page without a kernel: one file with a part of the clip.

export class WholeSource {
  /** The clip's time at the media's time 0. */
  offset;
  #url;
  #time = 0;

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
    // WebKit forgets a position that was sought before it knew the file.
    const seekAgain = () => audio.currentTime === 0 && (audio.currentTime = this.#time);
    audio.addEventListener("loadedmetadata", seekAgain, { once: true });
  }

  detach() {}

  /** @param {number} time where the playhead is, or will be */
  ensure(time) {
    this.#time = time;
  }
}
