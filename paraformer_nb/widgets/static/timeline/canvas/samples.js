// The samples of the window on view, where it is so short that the peaks of the waveform are bricks: read once the window
// rests, with some sound on both sides.

/** @import { TimeWindow } from "../model/scale.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { AudioSource } from "../sound/player.js" */
/** @import { Samples } from "../sound/wav.js" */

const REST_MS = 120;
const BRICK = 6; // pixels of a bin of the peaks, from where on samples are drawn
const BESIDE = 0.5; // of the window, read on either side

export class SampleReader {
  #runModel;
  /** @type {AudioSource | null} */
  #source = null;
  /** @type {Samples | null} */
  #samples = null;
  #isReading = false;
  /** True once they could not be read: they are not asked for again. */
  #isUnreadable = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;

  /** @param {RunModel} runModel */
  constructor(runModel) {
    this.#runModel = runModel;
  }

  /**
   * The samples at hand for a window; null where it is too long for them, or has none yet.
   * @param {TimeWindow} timeWindow
   * @param {number} width
   */
  samplesFor(timeWindow, width) {
    const { peaks } = this.#runModel.transcript;
    if (peaks.step * width < BRICK * timeWindow.span || this.#isUnreadable) return null;
    const [from, to] = [Math.max(timeWindow.start, peaks.start), Math.min(timeWindow.start + timeWindow.span, peaks.end)];
    const hasAll = this.#samples && this.#samples.start <= from + 1e-3 && endOf(this.#samples) >= to - 1e-3;
    clearTimeout(this.#resting);
    if (!hasAll && to > from && !this.#isReading) this.#resting = setTimeout(() => this.#read(from, to), REST_MS);
    return this.#samples && endOf(this.#samples) > from && this.#samples.start < to ? this.#samples : null;
  }

  dispose() {
    clearTimeout(this.#resting);
    this.#isUnreadable = true;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  async #read(from, to) {
    const { peaks } = this.#runModel.transcript;
    const beside = BESIDE * (to - from);
    this.#isReading = true;
    try {
      this.#source ??= this.#runModel.openAudio();
      this.#samples = await this.#source.read(Math.max(peaks.start, from - beside), Math.min(peaks.end, to + beside));
      this.#isUnreadable ||= this.#samples === null;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#isUnreadable = true; // without the clip: its peaks are shown, and Play says why there is no sound
    }
    this.#isReading = false;
    this.#runModel.notifyViewChange();
  }
}

/** @param {Samples} samples */
function endOf({ start, rate, values }) {
  return start + values.length / rate;
}
