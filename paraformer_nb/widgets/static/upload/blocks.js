// A file in blocks: one is on its way at a time. No DOM.

/** @typedef {{ kind: "received", bytes: number } | { kind: "refused", reason: string }} Answer */

export const BLOCK_BYTES = 1_000_000; // a tenth of what Jupyter's server lets through

/**
 * Why a file is not sent at all, or "".
 * @param {string} name
 * @param {number} size
 * @param {number} most
 */
export function sizeProblem(name, size, most) {
  if (size === 0) return `${name} is empty: choose another file.`;
  const inMegabytes = (/** @type {number} */ bytes) => Math.ceil(bytes / 1e6);
  if (size <= most) return "";
  return `${name} has ${inMegabytes(size)} MB, and ${inMegabytes(most)} MB can be uploaded. Nothing was sent: copy it beside the notebook and choose it from the list.`;
}

/**
 * Uploads a file. Throws an Error with a sentence for a person where the kernel refuses it.
 * @param {{ name: string, size: number, slice: (from: number, to: number) => { arrayBuffer: () => Promise<ArrayBuffer> } }} file
 * @param {number} blockBytes
 * @param {(message: object, buffers: ArrayBuffer[]) => Promise<Answer>} ask sends a message and resolves with its answer
 * @param {(share: number) => void} onProgress
 */
export async function uploadFile(file, blockBytes, ask, onProgress) {
  const { name, size } = file;
  let answer = await ask({ kind: "begin", name, size }, []);
  for (let offset = 0; offset < size; ) {
    if (answer.kind === "refused") throw new Error(answer.reason);
    onProgress(offset / size);
    const data = await file.slice(offset, offset + blockBytes).arrayBuffer();
    answer = await ask({ kind: "block", offset }, [data]);
    offset += data.byteLength;
  }
  if (answer.kind === "refused") throw new Error(answer.reason);
}
