// A file in blocks: one is on its way at a time. No DOM.

/** @typedef {{ kind: "received", bytes: number } | { kind: "refused", reason: string }} Answer */
/** @typedef {{ name: string, size: number, slice: (from: number, to: number) => { arrayBuffer: () => Promise<ArrayBuffer> } }} Source a `File`, or the like */

export const BLOCK_BYTES = 1_000_000; // a tenth of what Jupyter's server lets through

/**
 * Uploads a file. Resolves with whether it was sent to its end: `isCancelled` ends it before. Throws an Error with a
 * sentence for a person where the kernel refuses it.
 * @param {Source} file
 * @param {number} blockBytes
 * @param {(message: object, buffers: ArrayBuffer[]) => Promise<Answer>} ask sends a message and resolves with its answer
 * @param {(sent: number) => void} onProgress bytes
 * @param {() => boolean} isCancelled
 */
export async function uploadFile(file, blockBytes, ask, onProgress, isCancelled) {
  const { name, size } = file;
  let answer = await ask({ kind: "begin", name, size }, []);
  for (let offset = 0; offset < size; ) {
    if (answer.kind === "refused") throw new Error(answer.reason);
    if (isCancelled()) return false;
    onProgress(offset);
    const data = await file.slice(offset, offset + blockBytes).arrayBuffer();
    answer = await ask({ kind: "block", offset }, [data]);
    offset += data.byteLength;
  }
  if (answer.kind === "refused") throw new Error(answer.reason);
  return true;
}

/**
 * A number of bytes for people.
 * @param {number} bytes
 */
export function megabytes(bytes) {
  return bytes < 1e7 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}
