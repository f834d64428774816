// Requests to the kernel that have one reply each: a window of sound, a spectrogram.

/** @import { AudioRequest, Reply, SpectrogramRequest } from "../messages.js" */
/** @typedef {AudioRequest | SpectrogramRequest} Request */
/**
 * A request without its id.
 * @typedef {Omit<AudioRequest, "id"> | Omit<SpectrogramRequest, "id">} RequestContent
 */
/** @typedef {{ reply: Reply, buffers: DataView[] }} Answer */

const TIMEOUT_MS = 60_000; // a long clip without an index is decoded once before its first window

export class Requests {
  #send;
  #last = 0;
  /** @type {Map<number, { resolve: (answer: Answer) => void, reject: (error: Error) => void, timer: ReturnType<typeof setTimeout> }>} */
  #waiting = new Map();

  /** @param {(request: Request) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /**
   * Sends a request and resolves with its answer. Rejected with a sentence for a person where there is none.
   * @param {RequestContent} content
   * @returns {Promise<Answer>}
   */
  send(content) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error("The kernel did not answer. It may be busy with a cell, or shut down."));
      }, TIMEOUT_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send({ ...content, id });
    });
  }

  /**
   * @param {Reply} reply
   * @param {DataView[]} buffers
   */
  receive(reply, buffers) {
    const request = this.#waiting.get(reply.request_id);
    if (!request) return; // of another front end, or too late
    this.#waiting.delete(reply.request_id);
    clearTimeout(request.timer);
    if (reply.error) request.reject(new Error(reply.error));
    else request.resolve({ reply, buffers });
  }

  close() {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
