// The line on top: state, service, notice, progress, Stop; under it the progress bar and the message.

import { make, makeButton, setText } from "../dom/elements.js";
import { NO_KERNEL, STOP_UNREAD, clockText, countWords, progressText, servedBy, stateName } from "../text/text.js";

/** @import { RunModel } from "../run_model.js" */
/** @import { RunState } from "../messages.js" */

export class Header {
  #runModel;
  #row;
  #state;
  #served;
  #notice;
  #progress;
  #clock;
  #stop;
  #bar;
  #sent;
  #final;
  #message;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   */
  constructor(runModel, parent) {
    this.#runModel = runModel;
    this.#row = make("div", "pnb-header", parent);
    this.#state = make("span", "pnb-state", this.#row);
    this.#served = make("span", "pnb-served", this.#row);
    this.#notice = make("span", "pnb-notice", this.#row);
    const right = make("span", "pnb-right", this.#row);
    this.#progress = make("span", "pnb-progress-text", right);
    this.#clock = make("span", "pnb-clock", right);
    this.#stop = makeButton("■ Stop", "Stop: finish, and keep the words", right, () => runModel.stop());
    this.#bar = make("div", "pnb-progress", parent);
    this.#bar.setAttribute("role", "progressbar");
    this.#bar.setAttribute("aria-label", "Audio sent");
    this.#sent = make("div", "pnb-sent", this.#bar);
    this.#final = make("div", "pnb-final-bar", this.#bar);
    this.#message = make("p", "pnb-message", parent);
    this.#message.setAttribute("role", "status");
  }

  update() {
    const { isDisconnected, isStopUnread, transcript } = this.#runModel;
    const { run } = transcript;
    const isOffline = isDisconnected && !run?.has_ended;
    this.#row.dataset.state = isOffline ? "disconnected" : (run?.state ?? "connecting");
    setText(this.#state, isOffline ? "Not connected" : stateName(run?.state ?? "connecting"));
    const message = isOffline ? NO_KERNEL : isStopUnread ? STOP_UNREAD : (run?.message ?? "");
    setText(this.#message, message);
    this.#message.hidden = message === "";
    this.#message.classList.toggle("pnb-error", !isOffline && run?.state === "failed");
    this.#bar.hidden = run === null;
    setText(this.#served, run ? servedBy(run) : "");
    setText(this.#notice, run?.notice ?? "");
    this.#notice.hidden = !run?.notice;
    setText(this.#progress, run?.has_ended ? countWords(transcript.words.count) : run ? progressText(run) : "");
    setText(this.#clock, run ? clockText(run) : "");
    this.#updateStop(run, isOffline);
    if (run) this.#updateBar(run);
  }

  /**
   * @param {RunState | null} run
   * @param {boolean} isOffline
   */
  #updateStop(run, isOffline) {
    const { isStopping } = this.#runModel;
    this.#stop.hidden = isOffline || !(run?.can_stop || isStopping);
    this.#stop.disabled = isStopping;
    setText(this.#stop, isStopping ? "Stopping…" : "■ Stop");
    this.#stop.setAttribute("aria-label", isStopping ? "Stopping" : "Stop: finish, and keep the words");
  }

  /** @param {RunState} run */
  #updateBar(run) {
    const { start, sent_until: sent, final_until: final } = run;
    const isOpen = run.end === null && !run.has_ended;
    this.#bar.classList.toggle("pnb-open", isOpen);
    this.#bar.setAttribute("aria-valuetext", `${clockText(run)}, ${progressText(run)}`);
    this.#bar.setAttribute("aria-valuemin", String(start));
    if (isOpen) {
      this.#bar.removeAttribute("aria-valuenow");
      this.#bar.removeAttribute("aria-valuemax");
      this.#sent.style.width = this.#final.style.width = "";
      return;
    }
    const end = Math.max(run.end ?? sent, sent, final);
    this.#bar.setAttribute("aria-valuemax", String(end));
    this.#bar.setAttribute("aria-valuenow", String(sent));
    /** @param {number} position */
    const share = (position) => `${end > start ? ((100 * (position - start)) / (end - start)).toFixed(2) : 0}%`;
    this.#sent.style.width = share(sent);
    // Silence at the end has no sentence that becomes final, but a finished run is final to its end.
    this.#final.style.width = share(run.state === "finished" ? end : final);
  }
}
