// The spectrogram of what is on view: computed in Python once a window rests, and shown, moved and
// stretched with the window, until the next one is there.

/** @import { TimeWindow } from "../run/scale.js" */
/** @import { Session } from "../session.js" */
/** @typedef {{ opacity: HTMLCanvasElement, start: number, span: number }} Image loudness as opacity */

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
    this.#session.say(this.isOn ? `A spectrogram is shown where ${LONGEST_SPAN} s or less are on view.` : "");
  }

  /**
   * The image that there is, if any; sees to a better one.
   * @param {TimeWindow} window
   * @param {{ width: number }} size
   */
  imageFor(window, { width }) {
    if (!this.isOn || window.span > LONGEST_SPAN) return null;
    const wanted = `${window.start.toFixed(3)} ${window.span.toFixed(3)} ${width}`;
    if (wanted !== this.#asked) {
      this.#asked = wanted;
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#fetch(wanted, window, width), REST_MS);
    }
    const image = this.#image;
    return image && image.start < window.start + window.span && image.start + image.span > window.start ? image : null;
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
    const columns = Math.min(MOST_COLUMNS, Math.max(2, Math.round(width)));
    try {
      const { content, buffers } = await this.#session.requests.ask("spectrogram", { start, span, columns, rows: ROWS });
      if (wanted !== this.#asked || !buffers[0]) return;
      this.#image = { opacity: paint(buffers[0], columns), start, span: Number(content.span) };
      this.#session.say("");
    } catch (error) {
      if (wanted !== this.#asked) return; // of a window that was left since
      this.isOn = false;
      this.#session.say(error instanceof Error ? error.message : String(error));
    }
  }
}

/**
 * Loudness as opacity, so that the theme may change under it.
 * @param {DataView} data row by row, the highest frequency first
 * @param {number} columns
 */
function paint(data, columns) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = ROWS;
  const image = new ImageData(columns, ROWS);
  for (let i = 0; i < Math.min(data.byteLength, columns * ROWS); i++) image.data[4 * i + 3] = data.getUint8(i);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/** @type {WeakMap<Image, { ink: string, canvas: HTMLCanvasElement }>} */
const tinted = new WeakMap();

/**
 * The image in an ink.
 * @param {Image} image
 * @param {string} ink
 */
export function inInk(image, ink) {
  const known = tinted.get(image);
  if (known?.ink === ink) return known.canvas;
  const canvas = document.createElement("canvas");
  canvas.width = image.opacity.width;
  canvas.height = image.opacity.height;
  const g = canvas.getContext("2d");
  if (g) {
    g.drawImage(image.opacity, 0, 0);
    g.globalCompositeOperation = "source-in";
    g.fillStyle = ink;
    g.fillRect(0, 0, canvas.width, canvas.height);
  }
  tinted.set(image, { ink, canvas });
  return canvas;
}
