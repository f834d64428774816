// Requests to the kernel that have one reply each: sound, a spectrogram, a file.

import { translate } from "./language.js";

/** @import { AudioRequest, FileRequest, RecognisedRequest, Reply, SoundRequest, SpectrogramRequest } from "../messages.js" */
/** @typedef {AudioRequest | SpectrogramRequest | RecognisedRequest | SoundRequest | FileRequest} Request */
/**
 * A request without its id.
 * @typedef {Omit<AudioRequest, "id"> | Omit<SpectrogramRequest, "id"> | Omit<RecognisedRequest, "id"> | Omit<SoundRequest, "id"> | Omit<FileRequest, "id">} RequestContent
 */
/** @typedef {{ reply: Reply, buffers: DataView[] }} Answer */

const TIMEOUT_MS = 60_000; // a long clip without an index is decoded once before its first window
const SLOW_MS = 2000; // after which it is worth asking whether the kernel is there
const NO_ANSWER = "The kernel did not answer. It may be busy with a cell, or shut down.";

export class Requests {
  #send;
  #onSlow;
  #last = 0;
  /** @type {Map<number, { resolve: (answer: Answer) => void, reject: (error: Error) => void, timers: ReturnType<typeof setTimeout>[] }>} */
  #waiting = new Map();

  /**
   * @param {(request: Request) => void} send
   * @param {() => void} onSlow called where an answer is late
   */
  constructor(send, onSlow) {
    this.#send = send;
    this.#onSlow = onSlow;
  }

  /**
   * Sends a request and resolves with its answer. Rejected with a sentence for a person where there is none.
   * @param {RequestContent} content
   * @returns {Promise<Answer>}
   */
  send(content) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timers = [setTimeout(() => this.#onSlow(), SLOW_MS), setTimeout(() => this.#fail(id, translate(NO_ANSWER)), TIMEOUT_MS)];
      this.#waiting.set(id, { resolve, reject, timers });
      this.#send({ ...content, id });
    });
  }

  /**
   * Rejects all that wait: the kernel that was asked does not answer at all.
   * @param {string} reason
   */
  failAll(reason) {
    for (const id of [...this.#waiting.keys()]) this.#fail(id, reason);
  }

  /**
   * @param {Reply} reply
   * @param {DataView[]} buffers
   */
  receive(reply, buffers) {
    const request = this.#remove(reply.request_id);
    if (!request) return; // of another front end, or too late
    if (reply.error) request.reject(new Error(reply.error));
    else request.resolve({ reply, buffers });
  }

  close() {
    for (const id of [...this.#waiting.keys()]) this.#remove(id);
  }

  /**
   * @param {number} id
   * @param {string} reason
   */
  #fail(id, reason) {
    this.#remove(id)?.reject(new Error(reason));
  }

  /** @param {number} id */
  #remove(id) {
    const request = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const timer of request?.timers ?? []) clearTimeout(timer);
    return request;
  }
}
