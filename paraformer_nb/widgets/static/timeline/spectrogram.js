// The spectrogram of what is on view: computed in Python once a window rests, and shown, moved and
// stretched with the window, until the next one is there.

/** @import { TimeWindow } from "./scale.js" */
/** @import { Session } from "./session.js" */
/** @typedef {{ bitmap: HTMLCanvasElement, start: number, span: number }} Image */

const REST_MS = 180;
const LONGEST_SPAN = 120; // seconds; beyond it a spectrogram of speech says nothing
const ROWS = 128;
const MOST_COLUMNS = 1600;

export class Spectrogram {
  isOn = false;
  #session;
  /** @type {Image | null} */
  #image = null;
  /** The window that was asked for last. */
  #asked = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
  }

  toggle() {
    this.isOn = !this.isOn;
    this.#asked = "";
    this.#session.say("");
    this.#session.notify();
  }

  /**
   * The image that there is, if any; sees to a better one.
   * @param {TimeWindow} window
   * @param {{ width: number }} size
   */
  imageFor(window, { width }) {
    if (!this.isOn) return null;
    const wanted = `${window.start.toFixed(3)} ${window.span.toFixed(3)} ${width}`;
    if (wanted !== this.#asked) {
      this.#asked = wanted;
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#fetch(wanted, window, width), REST_MS);
    }
    return this.#image;
  }

  dispose() {
    clearTimeout(this.#resting);
  }

  /**
   * @param {string} wanted
   * @param {TimeWindow} window
   * @param {number} width
   */
  async #fetch(wanted, { start, span }, width) {
    if (span > LONGEST_SPAN) {
      this.#session.say(`Zoom in to ${LONGEST_SPAN} s or less to see the spectrogram.`);
      return;
    }
    const columns = Math.min(MOST_COLUMNS, Math.max(2, Math.round(width)));
    try {
      const { content, buffers } = await this.#session.requests.ask("spectrogram", { start, span, columns, rows: ROWS });
      if (wanted !== this.#asked || !buffers[0]) return;
      this.#image = { bitmap: paint(buffers[0], columns), start, span: Number(content.span) };
      this.#session.notify();
    } catch (error) {
      this.#session.say(error instanceof Error ? error.message : String(error));
      this.toggle();
    }
  }
}

/**
 * Loudness as opacity of one ink, so that the theme may change under it.
 * @param {DataView} data row by row, the highest frequency first
 * @param {number} columns
 */
function paint(data, columns) {
  const bitmap = document.createElement("canvas");
  bitmap.width = columns;
  bitmap.height = ROWS;
  const context = bitmap.getContext("2d");
  const image = new ImageData(columns, ROWS);
  for (let i = 0; i < Math.min(data.byteLength, columns * ROWS); i++) image.data[4 * i + 3] = data.getUint8(i);
  context?.putImageData(image, 0, 0);
  return bitmap;
}
