// Questions to the kernel that have one answer each: a window of audio, a spectrogram.

/** @typedef {{ kind: "reply", to: number, error?: string } & Record<string, unknown>} Reply */
/** @typedef {{ content: Reply, buffers: DataView[] }} Answer */

const PATIENCE_MS = 60_000; // a long clip without an index is decoded once before its first window

export class Requests {
  #send;
  #last = 0;
  /** @type {Map<number, { take: (answer: Answer) => void, fail: (error: Error) => void, timer: ReturnType<typeof setTimeout> }>} */
  #open = new Map();

  /** @param {(content: { kind: string } & Record<string, unknown>) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /**
   * The answer. Rejected with a sentence for a person where there is none.
   * @param {string} kind
   * @param {Record<string, unknown>} content
   * @returns {Promise<Answer>}
   */
  ask(kind, content) {
    const id = ++this.#last;
    return new Promise((take, fail) => {
      const timer = setTimeout(() => {
        this.#open.delete(id);
        fail(new Error("The kernel did not answer. It may be busy with a cell, or gone."));
      }, PATIENCE_MS);
      this.#open.set(id, { take, fail, timer });
      this.#send({ kind, id, ...content });
    });
  }

  /**
   * @param {Reply} content
   * @param {DataView[]} buffers
   */
  answer(content, buffers) {
    const request = this.#open.get(content.to);
    if (!request) return; // of another front end, or too late
    this.#open.delete(content.to);
    clearTimeout(request.timer);
    if (content.error) request.fail(new Error(content.error));
    else request.take({ content, buffers });
  }

  close() {
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }
}
