// The spectrogram of the window on view: computed in Python once the window rests; moved and stretched with
// the window until the next one arrives.

import { translate } from "../model/language.js";

/** @import { TimeWindow } from "../model/scale.js" */
/** @import { RunModel } from "../run_model.js" */
/** @typedef {{ opacity: HTMLCanvasElement, start: number, span: number }} Image loudness as opacity */

const REST_MS = 180;
const LONGEST_SPAN = 120; // seconds; a spectrogram of more shows nothing of speech
const ROWS = 128;
const MOST_COLUMNS = 1600;

export class Spectrogram {
  isOn = false;
  #runModel;
  /** @type {Image | null} */
  #image = null;
  /** The window that was requested last. */
  #requested = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;

  /** @param {RunModel} runModel */
  constructor(runModel) {
    this.#runModel = runModel;
  }

  toggle() {
    this.isOn = !this.isOn;
    this.#requested = "";
    this.#runModel.showMessage(this.isOn ? translate("A spectrogram is shown where {0} s or less are on view.", LONGEST_SPAN) : "");
  }

  /**
   * The current image, if any; requests a better one where it is not of this window.
   * @param {TimeWindow} timeWindow
   * @param {{ width: number }} size
   */
  imageFor(timeWindow, { width }) {
    if (!this.isOn || timeWindow.span > LONGEST_SPAN) return null;
    const wanted = `${timeWindow.start.toFixed(3)} ${timeWindow.span.toFixed(3)} ${width}`;
    if (wanted !== this.#requested) {
      this.#requested = wanted;
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => this.#fetch(wanted, timeWindow, width), REST_MS);
    }
    const image = this.#image;
    if (!image) return null;
    const isOnView = image.start < timeWindow.start + timeWindow.span && image.start + image.span > timeWindow.start;
    return isOnView ? image : null;
  }

  dispose() {
    clearTimeout(this.#resting);
  }

  /**
   * @param {string} wanted
   * @param {TimeWindow} timeWindow
   * @param {number} width
   */
  async #fetch(wanted, { start, span }, width) {
    const columns = Math.min(MOST_COLUMNS, Math.max(2, Math.round(width)));
    try {
      const { reply, buffers } = await this.#runModel.requests.send({ kind: "spectrogram", start, span, columns, rows: ROWS });
      if (wanted !== this.#requested || !buffers[0]) return;
      this.#image = { opacity: paint(buffers[0], columns), start, span: reply.span ?? span };
      this.#runModel.showMessage("");
    } catch (error) {
      if (wanted !== this.#requested) return; // the window is another by now
      this.isOn = false;
      this.#runModel.showMessage(error instanceof Error ? error.message : String(error));
    }
  }
}

/**
 * Paints loudness as opacity, so that the theme may change.
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
 * The image in a colour.
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
