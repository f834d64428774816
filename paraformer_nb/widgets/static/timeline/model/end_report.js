// Reports to the kernel that the end of a run was drawn, and again after corrections: it then replaces the cell's output
// by what the notebook is to keep.

const KEEP_AFTER_MS = 1500; // without a correction

export class EndReport {
  #send;
  #isSent = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} send */
  constructor(send) {
    this.#send = send;
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** A run's end was drawn. It is reported once: replacing the output makes a new view, so that would never end. */
  onDrawn() {
    if (this.#isSent) return;
    this.#isSent = true;
    this.#send();
  }

  /** The words changed: after the end by corrections, which are reported once there are no more. */
  onChange() {
    if (!this.#isSent) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#send, KEEP_AFTER_MS);
  }

  /** The run goes on: it may have been continued. */
  onGoingOn() {
    this.#isSent = false;
  }
}
