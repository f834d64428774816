// Decodes a whole file of sound by the browser, for its samples.

/** @import { Samples } from "./wav.js" */

const RATE = 16_000; // Hz; the browser resamples to it, as 48 kHz would take three times the memory
const MOST_BYTES = 6_000_000; // of a file, about 20 minutes: its samples are 77 MB

/**
 * @param {ArrayBuffer} bytes
 * @param {number} start the clip's time at which the file begins
 * @returns {Promise<Samples | null>} null where the browser cannot decode it, or it is too long to be kept
 */
export async function decodedSamples(bytes, start) {
  if (bytes.byteLength > MOST_BYTES) return null;
  try {
    const buffer = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
    return { start, rate: RATE, values: buffer.getChannelData(0) };
  } catch (error) {
    if (error instanceof DOMException) return null; // the browser does not know the format
    throw error;
  }
}
