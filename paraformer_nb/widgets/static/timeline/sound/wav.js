// Reads the samples of a WAV file as the kernel sends it: 16-bit mono PCM behind a header of 44 bytes.

/** @typedef {{ start: number, rate: number, values: Float32Array }} Samples of a clip from a position on, -1 to 1 */

const HEADER = 44;
const RATE_AT = 24; // the offset of the sample rate

/**
 * @param {DataView} file
 * @param {number} start the position of its first sample
 * @returns {Samples}
 */
export function readWav(file, start) {
  const rate = file.getUint32(RATE_AT, true);
  const values = new Float32Array((file.byteLength - HEADER) >> 1);
  for (let i = 0; i < values.length; i++) values[i] = file.getInt16(HEADER + 2 * i, true) / 32768;
  return { start, rate, values };
}
