// Where a player's sound comes from while a kernel is there: the clip's windows, on demand.

import { Feed } from "./feed.js";

/** @import { FetchWindow } from "./feed.js" */

const OLD_BROWSER = "This browser cannot play Opus in WebM in pieces. Chrome, Edge, Firefox and Safari 17 can.";

export class WindowedSource {
  /** The clip's time at the media's time 0. */
  offset = 0;

  #fetchWindow;
  #mime;
  #seconds;
  #time = 0;
  #url = "";
  /** @type {Feed | null} */
  #feed = null;

  /**
   * @param {FetchWindow} fetchWindow
   * @param {{ mime: string, windowSeconds: number }} format
   */
  constructor(fetchWindow, { mime, windowSeconds }) {
    this.#fetchWindow = fetchWindow;
    this.#mime = mime;
    this.#seconds = windowSeconds;
  }

  /**
   * Gives an element its sound. Throws where the browser cannot have it so.
   * @param {HTMLAudioElement} audio
   * @param {(reason: string) => void} fail told once; nothing more comes then
   */
  attach(audio, fail) {
    const media = newMediaSource(this.#mime);
    const url = URL.createObjectURL(media);
    this.#url = url;
    media.addEventListener(
      "sourceopen",
      () => {
        if (this.#url !== url) return; // detached meanwhile
        this.#feed = new Feed(media, this.#mime, this.#seconds, this.#fetchWindow, fail);
        this.#feed.ensure(this.#time);
      },
      { once: true },
    );
    audio.disableRemotePlayback = true; // Safari's condition
    audio.src = url;
  }

  detach() {
    this.#feed?.close();
    this.#feed = null;
    URL.revokeObjectURL(this.#url);
    this.#url = "";
  }

  /**
   * The playhead is, or will be, here: sees to it that there is sound.
   * @param {number} time
   */
  ensure(time) {
    this.#time = time;
    this.#feed?.ensure(time);
  }
}

/**
 * Safari on phones has only the managed kind.
 * @param {string} mime
 * @returns {MediaSource}
 */
function newMediaSource(mime) {
  /** @type {typeof MediaSource | undefined} */
  const kind = Reflect.get(globalThis, "ManagedMediaSource") ?? globalThis.MediaSource;
  if (!kind?.isTypeSupported(mime)) throw new Error(OLD_BROWSER);
  return new kind();
}
