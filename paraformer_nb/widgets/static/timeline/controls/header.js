// The line on top: state, clip, service, notice, progress, Stop or Go on; under it the progress bar and the message.

import { make, makeButton, setAttribute, setHidden, setText } from "../dom/elements.js";
import { NO_KERNEL, STOP_UNREAD, clockText, countWords, messageText, progressText, retryText, servedBy, stateText } from "../text/text.js";
import { translate, translateKnown } from "../model/language.js";

/** @import { RunModel } from "../run_model.js" */
/** @import { RetryState, RunState } from "../messages.js" */

const SECOND = 1000; // ms
const RESUME_NAMES = /** @type {const} */ ({
  failed: ["↻ Try again", "Try again, from the end of the last final sentence"],
  stopped: ["▶ Go on", "Go on, from the end of the last final sentence"],
});

export class Header {
  #runModel;
  #root;
  #row;
  #state;
  #retry;
  #clip;
  #served;
  #noticeLine;
  #notice;
  #progress;
  #clock;
  #stop;
  #resume;
  /** The part of the row that holds its buttons. */
  buttons;
  #bar;
  #sent;
  #final;
  #message;
  /** The attempt that is waited for, and when it begins. @type {{ retry: RetryState, at: number } | null} */
  #waiting = null;
  #timer = 0;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   */
  constructor(runModel, parent) {
    this.#runModel = runModel;
    this.#root = parent;
    this.#row = make("div", "pnb-header", parent);
    this.#state = make("span", "pnb-state", this.#row);
    this.#retry = make("span", "pnb-retry", this.#row);
    this.#clip = make("span", "pnb-clip", this.#row);
    this.#served = make("span", "pnb-served", this.#row);
    this.#noticeLine = make("span", "pnb-notice-line", this.#row);
    this.#notice = make("span", "pnb-notice", this.#noticeLine);
    const right = make("span", "pnb-right", this.#row);
    this.#progress = make("span", "pnb-progress-text", right);
    this.#clock = make("span", "pnb-clock", right);
    this.buttons = right;
    this.#stop = makeButton(translate("■ Stop"), translate("Stop: finish, and keep the words"), right, () => runModel.stop());
    this.#resume = makeButton("", "", right, () => {
      this.#resume.disabled = true; // until the state changes
      runModel.resume();
    });
    this.#bar = make("div", "pnb-progress", parent);
    this.#bar.setAttribute("role", "progressbar");
    this.#bar.setAttribute("aria-label", translate("Audio sent"));
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
    setText(this.#state, isOffline ? translate("Not connected") : run ? stateText(run) : translate("Connecting"));
    this.#updateClip(run?.clip ?? "");
    const message = isOffline ? translate(NO_KERNEL) : isStopUnread ? translate(STOP_UNREAD) : (run ? (run.retry?.reason ?? messageText(run, transcript.gaps)) : "");
    setText(this.#message, message);
    setHidden(this.#message, message === "");
    this.#message.classList.toggle("pnb-error", !isOffline && run?.state === "failed");
    setHidden(this.#bar, run === null);
    setText(this.#served, run ? servedBy(run) : "");
    setText(this.#notice, translateKnown(run?.notice ?? ""));
    setHidden(this.#noticeLine, !run?.notice);
    setText(this.#progress, run?.has_ended ? countWords(transcript.words.count) : run ? progressText(run) : "");
    setText(this.#clock, run ? clockText(run) : "");
    this.#updateRetry(isOffline ? null : run);
    this.#updateStop(run, isOffline);
    this.#updateResume(run);
    if (run) this.#updateBar(run);
  }

  dispose() {
    clearTimeout(this.#timer);
  }

  /** @param {string} clip */
  #updateClip(clip) {
    setText(this.#clip, clip);
    setAttribute(this.#clip, "title", clip); // it may be cut off
    setAttribute(this.#root, "aria-label", clip ? translate("Speech recognition of {0}", clip) : translate("Speech recognition run"));
  }

  /**
   * Counts down to the next attempt.
   * @param {RunState | null} run
   */
  #updateRetry(run) {
    clearTimeout(this.#timer);
    const retry = run?.retry ?? null;
    const isSame = retry?.attempt === this.#waiting?.retry.attempt && retry?.reason === this.#waiting?.retry.reason;
    if (!isSame) this.#waiting = retry && { retry, at: Date.now() + SECOND * retry.delay };
    const left = this.#waiting ? (this.#waiting.at - Date.now()) / SECOND : 0;
    setText(this.#retry, run && retry ? retryText(run, left) : "");
    setHidden(this.#retry, retry === null);
    if (retry && left > 0) this.#timer = window.setTimeout(() => this.#updateRetry(this.#runModel.transcript.run), SECOND / 2);
  }

  /** @param {RunState | null} run */
  #updateResume(run) {
    const names = run?.can_resume && (run.state === "failed" || run.state === "stopped") ? RESUME_NAMES[run.state] : null;
    setHidden(this.#resume, names === null);
    if (!names) return;
    this.#resume.disabled = false;
    const name = translate(names[1]);
    setText(this.#resume, translate(names[0]));
    setAttribute(this.#resume, "aria-label", name);
    setAttribute(this.#resume, "title", name);
  }

  /**
   * @param {RunState | null} run
   * @param {boolean} isOffline
   */
  #updateStop(run, isOffline) {
    const { isStopping } = this.#runModel;
    setHidden(this.#stop, isOffline || !(run?.can_stop || isStopping));
    this.#stop.disabled = isStopping;
    setText(this.#stop, translate(isStopping ? "Stopping…" : "■ Stop"));
    this.#stop.setAttribute("aria-label", translate(isStopping ? "Stopping" : "Stop: finish, and keep the words"));
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
