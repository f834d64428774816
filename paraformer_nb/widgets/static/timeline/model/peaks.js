// The waveform as it grows: minimum and maximum of each 10 ms as int8 pairs, and above them coarser
// levels, each with half the bins of the one below, so that any span is read in a handful of steps.

const COARSEST_BINS = 256;

export class Peaks {
  /** @type {Int8Array[]} level k holds (min, max) pairs, 2**k base bins in each; over-allocated */
  #levels = [];
  /** Seconds in a base bin; 0 until something was written. */
  step = 0;
  /** Base bins from the clip's time 0 to the newest one. */
  bins = 0;
  /** The first base bin that was ever written. */
  first = 0;
  /** The greatest amplitude so far, 0..128. */
  loudest = 0;
  /** The result of the last `read`. */
  low = 0;
  high = 0;

  /** The position up to which the waveform is known. */
  get end() {
    return this.bins * this.step;
  }

  /** The position from which it is known. */
  get start() {
    return this.first * this.step;
  }

  /**
   * Writes pairs from a position on; usually appends, may overwrite.
   * @param {number} position
   * @param {number} step
   * @param {DataView} data
   */
  write(position, step, data) {
    const count = data.byteLength >> 1;
    if (count === 0) return;
    const from = Math.round(position / step);
    const to = from + count;
    this.first = this.bins === 0 ? from : Math.min(this.first, from);
    this.step = step;
    this.bins = Math.max(this.bins, to);
    const pairs = new Int8Array(data.buffer, data.byteOffset, count * 2);
    this.#room(0, this.bins).set(pairs, from * 2);
    for (let i = 0; i < pairs.length; i++) if (Math.abs(pairs[i]) > this.loudest) this.loudest = Math.abs(pairs[i]);
    this.#coarsen(from, to);
  }

  /**
   * Finds the extremes between two times; the result is left in `low` and `high`, because this is
   * called once a pixel and should allocate nothing.
   * @param {number} from
   * @param {number} to
   */
  read(from, to) {
    this.low = 0;
    this.high = 0;
    if (this.bins === 0) return;
    const a = Math.max(0, Math.floor(from / this.step + 1e-6));
    const b = Math.min(this.bins, Math.max(a + 1, Math.ceil(to / this.step - 1e-6)));
    const wanted = Math.floor(Math.log2(Math.max(1, (b - a) / 2)));
    const k = Math.min(this.#levels.length - 1, wanted);
    const level = this.#levels[k];
    const last = (b + (1 << k) - 1) >> k;
    for (let i = a >> k; i < last; i++) {
      if (level[2 * i] < this.low) this.low = level[2 * i];
      if (level[2 * i + 1] > this.high) this.high = level[2 * i + 1];
    }
  }

  /**
   * Returns a level with room for so many bins and one more. Doubles, so that growing by 5 bins a message stays cheap.
   * @param {number} k
   * @param {number} bins
   */
  #room(k, bins) {
    const old = this.#levels[k];
    if (old && old.length >= bins * 2 + 2) return old;
    const grown = new Int8Array(Math.max(1024, bins * 2 + 2, (old?.length ?? 0) * 2));
    if (old) grown.set(old);
    this.#levels[k] = grown;
    return grown;
  }

  /**
   * Brings the coarser levels up to date for the base bins from..to.
   * @param {number} from
   * @param {number} to
   */
  #coarsen(from, to) {
    for (let k = 1; this.bins >> k >= COARSEST_BINS; k++) {
      const isNew = k >= this.#levels.length;
      const below = this.#levels[k - 1];
      const bins = (this.bins + (1 << k) - 1) >> k;
      const level = this.#room(k, bins);
      const last = isNew ? bins : (to + (1 << k) - 1) >> k;
      for (let i = isNew ? 0 : from >> k; i < last; i++) {
        // Beyond the newest bin an array holds zeros, which is what silence is.
        level[2 * i] = Math.min(below[4 * i], below[4 * i + 2]);
        level[2 * i + 1] = Math.max(below[4 * i + 1], below[4 * i + 3]);
      }
    }
  }
}
