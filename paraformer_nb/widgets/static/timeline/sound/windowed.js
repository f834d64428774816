// The sound of a view with a kernel: windows of the clip, on demand.

import { Feed } from "./feed.js";
import { translate } from "../model/language.js";

/** @import { SoundFormat } from "../messages.js" */
/** @import { Samples } from "./wav.js" */
/** @import { FetchWindow } from "./feed.js" */

const OLD_BROWSER = "This browser cannot play Opus in WebM in parts. Chrome, Edge, Firefox and Safari 17 can.";

export class WindowedSource {
  /** The clip's time at the media's time 0. */
  offset = 0;

  #fetchWindow;
  #read;
  #mime;
  #seconds;
  #time = 0;
  #url = "";
  /** @type {Feed | null} */
  #feed = null;

  /**
   * @param {FetchWindow} fetchWindow
   * @param {(from: number, to: number) => Promise<Samples | null>} read
   * @param {SoundFormat} format
   */
  constructor(fetchWindow, read, { mime, window_seconds: seconds }) {
    this.#fetchWindow = fetchWindow;
    this.#read = read;
    this.#mime = mime;
    this.#seconds = seconds;
  }

  /**
   * Connects the sound to an element. Throws where the browser cannot play it in windows.
   * @param {HTMLAudioElement} audio
   * @param {(reason: string) => void} fail called once; nothing more is fetched then
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
   * Fetches sound for a time where the playhead is, or will be.
   * @param {number} time
   */
  ensure(time) {
    this.#time = time;
    this.#feed?.ensure(time);
  }

  /**
   * The samples of a span of the clip.
   * @param {number} from
   * @param {number} to
   */
  read(from, to) {
    return this.#read(from, to);
  }
}

/**
 * Makes a MediaSource; Safari on phones has only the managed kind.
 * @param {string} mime
 * @returns {MediaSource}
 */
function newMediaSource(mime) {
  /** @type {typeof MediaSource | undefined} */
  const kind = Reflect.get(globalThis, "ManagedMediaSource") ?? globalThis.MediaSource;
  if (!kind?.isTypeSupported(mime)) throw new Error(translate(OLD_BROWSER));
  return new kind();
}
