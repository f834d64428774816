// A file in blocks: one is on its way at a time. No DOM.

import { translate } from "./texts.js";

/** @import { Texts } from "./texts.js" */
/** @typedef {{ kind: "received", bytes: number } | { kind: "refused", reason: string } | { kind: "cancelled" }} Answer */
/** @typedef {{ name: string, size: number, slice: (from: number, to: number) => { arrayBuffer: () => Promise<ArrayBuffer> } }} Source a `File`, or the like */

export const BLOCK_BYTES = 1_000_000; // a tenth of what Jupyter's server lets through

/**
 * Uploads a file. Resolves with whether it was sent to its end: the answer "cancelled" ends it before. Throws an Error
 * with a sentence for a person where the kernel refuses the file, or the browser cannot read it.
 * @param {Source} file
 * @param {number} blockBytes
 * @param {(message: object, buffers: ArrayBuffer[], received: number) => Promise<Answer>} ask sends a message and
 *   resolves with its answer; `received`: how many bytes of the file the kernel has after it
 * @param {(sent: number) => void} onProgress bytes
 * @param {Texts} texts
 */
export async function uploadFile(file, blockBytes, ask, onProgress, texts = {}) {
  const { name, size } = file;
  let answer = await ask({ kind: "begin", name, size }, [], 0);
  for (let offset = 0; offset < size && answer.kind === "received"; ) {
    onProgress(offset);
    const data = await read(file, offset, offset + blockBytes, texts);
    answer = await ask({ kind: "block", offset }, [data], offset + data.byteLength);
    offset += data.byteLength;
  }
  if (answer.kind === "refused") throw new Error(answer.reason);
  return answer.kind === "received";
}

/**
 * @param {Source} file
 * @param {number} from
 * @param {number} to
 * @param {Texts} texts
 */
async function read(file, from, to, texts) {
  try {
    return await file.slice(from, to).arrayBuffer();
  } catch {
    throw new Error(translate(texts, "{0} cannot be read: it may be a folder, or was moved meanwhile. Choose a file.", file.name));
  }
}

/**
 * A number of bytes for people.
 * @param {number} bytes
 */
export function megabytes(bytes) {
  return bytes < 1e7 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}
