// The line on top: state, service, notice, how far it is, Stop; under it the progress bar and any message.

import { make, makeButton, setText } from "../text/dom.js";
import { isTerminal } from "../run/store.js";
import { NO_KERNEL, STOP_UNHEARD, clockText, countWords, progressText, servedBy, stateName } from "../text/text.js";

/** @import { Session } from "../session.js" */
/** @import { Run } from "../run/store.js" */

export class Header {
  #session;
  #row;
  #state;
  #served;
  #notice;
  #progress;
  #clock;
  #stop;
  #bar;
  #sent;
  #settled;
  #message;

  /**
   * @param {Session} session
   * @param {HTMLElement} parent
   */
  constructor(session, parent) {
    this.#session = session;
    this.#row = make("div", "pnb-header", parent);
    this.#state = make("span", "pnb-state", this.#row);
    this.#served = make("span", "pnb-served", this.#row);
    this.#notice = make("span", "pnb-notice", this.#row);
    const right = make("span", "pnb-right", this.#row);
    this.#progress = make("span", "pnb-progress-text", right);
    this.#clock = make("span", "pnb-clock", right);
    this.#stop = makeButton("■ Stop", "Stop: finish, and keep the words", right, () => session.stop());
    this.#bar = make("div", "pnb-progress", parent);
    this.#bar.setAttribute("role", "progressbar");
    this.#bar.setAttribute("aria-label", "Audio sent");
    this.#sent = make("div", "pnb-sent", this.#bar);
    this.#settled = make("div", "pnb-settled-bar", this.#bar);
    this.#message = make("p", "pnb-message", parent);
    this.#message.setAttribute("role", "status");
  }

  update() {
    const { isDisconnected, isStopUnheard, store } = this.#session;
    const { run } = store;
    const isLost = isDisconnected && !(run && isTerminal(run.state));
    this.#row.dataset.state = isLost ? "disconnected" : (run?.state ?? "connecting");
    setText(this.#state, isLost ? "Not connected" : stateName(run?.state ?? "connecting"));
    const message = isLost ? NO_KERNEL : isStopUnheard ? STOP_UNHEARD : (run?.message ?? "");
    setText(this.#message, message);
    this.#message.hidden = message === "";
    this.#message.classList.toggle("pnb-error", !isLost && run?.state === "failed");
    this.#bar.hidden = run === null;
    setText(this.#served, run ? servedBy(run) : "");
    setText(this.#notice, run?.notice ?? "");
    this.#notice.hidden = !run?.notice;
    const isOver = run !== null && isTerminal(run.state);
    setText(this.#progress, isOver ? countWords(store.words.count) : run ? progressText(run) : "");
    setText(this.#clock, run ? clockText(run) : "");
    this.#updateStop(run, isLost);
    if (run) this.#updateBar(run);
  }

  /**
   * @param {Run | null} run
   * @param {boolean} isLost
   */
  #updateStop(run, isLost) {
    const { isStopping } = this.#session;
    this.#stop.hidden = isLost || !(run?.can_stop || isStopping);
    this.#stop.disabled = isStopping;
    setText(this.#stop, isStopping ? "Stopping…" : "■ Stop");
    this.#stop.setAttribute("aria-label", isStopping ? "Stopping" : "Stop: finish, and keep the words");
  }

  /** @param {Run} run */
  #updateBar(run) {
    const { start, duration, sent, settled } = run;
    const isOpen = duration === null && !isTerminal(run.state);
    this.#bar.classList.toggle("pnb-open", isOpen);
    this.#bar.setAttribute("aria-valuetext", `${clockText(run)}, ${progressText(run)}`);
    this.#bar.setAttribute("aria-valuemin", String(start));
    if (isOpen) {
      this.#bar.removeAttribute("aria-valuenow");
      this.#bar.removeAttribute("aria-valuemax");
      this.#sent.style.width = this.#settled.style.width = "";
      return;
    }
    const end = Math.max(duration ?? sent, sent, settled);
    this.#bar.setAttribute("aria-valuemax", String(end));
    this.#bar.setAttribute("aria-valuenow", String(sent));
    /** @param {number} position */
    const share = (position) => `${end > start ? ((100 * (position - start)) / (end - start)).toFixed(2) : 0}%`;
    this.#sent.style.width = share(sent);
    // Silence at the end holds no word to settle, but a finished run is settled to its end.
    this.#settled.style.width = share(run.state === "finished" ? end : settled);
  }
}
