// The model of one run: its messages, its transcript, and what a person chose to look at. There is one for
// each widget model however many views show it, and it outlives them: a view that is drawn again starts where
// the last one was.

import { writeWord } from "./messages.js";
import { correctedWords } from "./model/corrections.js";
import { Cursor } from "./model/cursor.js";
import { EndReport } from "./model/end_report.js";
import { WordDetails } from "./model/word_details.js";
import { translate } from "./model/language.js";
import { keepLanguage } from "./model/reader.js";
import { Requests } from "./model/requests.js";
import { keepSettings, keptSettings } from "./model/settings.js";
import { Transcript } from "./model/transcript.js";
import { warnOfUnknown } from "./model/unknown.js";
import { Playback } from "./sound/playback.js";
import { readWav } from "./sound/wav.js";
import { WindowedSource } from "./sound/windowed.js";

/** @import { AnyModel } from "@anywidget/types" */
/** @import { ViewportChoice } from "./canvas/viewport.js" */
/** @import { FromFrontEnd, LayerSpan, RunStateName, ToFrontEnd, Update } from "./messages.js" */
/** @import { Correction } from "./model/corrections.js" */
/** @import { TimelineModel } from "./model/cursor.js" */
/** @import { Language } from "./model/reader.js" */
/** @import { Settings } from "./model/settings.js" */
/** @import { Change } from "./model/transcript.js" */
/** @import { Sentence } from "./model/words.js" */
/** @import { AudioSource } from "./sound/player.js" */
/**
 * What views are notified of: new data of the run; another state of the run, the kernel or Stop; something else that
 * a person looks at; another language of the view's texts.
 * @typedef {{ kind: "data", change: Change } | { kind: "state" } | { kind: "view" } | { kind: "language" }} RunNotification
 */
/** @typedef {{ onShow: (time: number) => void, onFind: (text: string) => void }} ViewActions what every view does when Python asks for it */

const SYNC_TIMEOUT_MS = 3000;
const SYNC_AGAIN_MS = 2000;
const STOP_TIMEOUT_MS = 2500;
const UNSEEN_MS = 1000; // after the last view is closed sound stops, unless a view is drawn again by then
const NO_ANSWER = "No answer: the kernel is busy or shut down. If it is shut down, run the cell again.";
const NO_RUN = "There is nothing to play yet.";

export class RunModel {
  transcript = new Transcript();
  /** True when the kernel did not answer. */
  isDisconnected = false;
  /** @type {ViewportChoice} */
  viewportChoice = { start: null, span: null, follow: true };
  /** The text's height in pixels, where a person chose one. @type {number | null} */
  textHeight = null;
  settings = keptSettings();
  /** Where the text was scrolled to; null: it follows its end. @type {number | null} */
  textTop = null;
  /** Ids of sentences that were read out, or existed before the first view. @type {Set<number>} */
  announced = new Set();
  /** What the last command or correction led to, where a person must know it. */
  message = "";
  /** True when Stop was pressed and the kernel, busy with a cell, has not read it. */
  isStopUnread = false;
  cursor;
  requests;
  details;
  playback;

  #model;
  #openAudio;
  /** @type {Set<ViewActions>} */
  #views = new Set();
  /** @type {Set<(notification: RunNotification) => void>} */
  #listeners = new Set();
  /** The number of the last update; null while waiting for a reset. @type {number | null} */
  #seq = null;
  /** @type {number | null} */
  #syncedAt = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #stopTimer;
  /** @type {RunStateName | null} the state in which Stop was pressed */
  #stoppedIn = null;
  #endReport = new EndReport(() => this.#send({ kind: "end-drawn" }));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #unseenTimer;

  /**
   * @param {AnyModel<TimelineModel>} model
   * @param {(() => AudioSource) | null} openAudio opens the sound of a saved page; null: the kernel sends it
   */
  constructor(model, openAudio = null) {
    this.#model = model;
    this.#openAudio = openAudio;
    this.cursor = new Cursor(model, () => this.notifyViewChange(), (time) => this.playback.seek(time));
    this.requests = new Requests((request) => this.#send(request), () => this.#ask("ping"));
    this.details = new WordDetails(this.isStandalone ? null : this.requests, () => this.notifyViewChange());
    this.playback = new Playback(this);
    model.on("msg:custom", this.#receive);
    model.on("change:interface_language", this.#onLanguage);
    this.#sync();
  }

  close() {
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#stopTimer);
    clearTimeout(this.#unseenTimer);
    this.#endReport.close();
    this.#model.off("msg:custom", this.#receive);
    this.#model.off("change:interface_language", this.#onLanguage);
    this.playback.dispose();
    this.cursor.close();
    this.requests.close();
    this.#listeners.clear();
    this.#views.clear();
  }

  /**
   * Notifies a view of each change, until the returned function is called.
   * @param {(notification: RunNotification) => void} listener
   */
  addListener(listener) {
    clearTimeout(this.#unseenTimer);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#unseenTimer = setTimeout(() => this.playback.pause(), UNSEEN_MS);
    };
  }

  /**
   * Has a view do what Python asks for, until the returned function is called.
   * @param {ViewActions} actions
   */
  addView(actions) {
    this.#views.add(actions);
    return () => this.#views.delete(actions);
  }

  /** True in a saved page: nothing can be requested or changed. */
  get isStandalone() {
    return this.#openAudio !== null;
  }

  /** Opens the sound. Throws an error with a sentence for a person where there is none. */
  openAudio() {
    if (this.#openAudio) return this.#openAudio();
    const sound = this.transcript.run?.sound;
    if (!sound) throw new Error(translate(NO_RUN));
    const fetchWindow = async (/** @type {number} */ index) => {
      const { buffers } = await this.requests.send({ kind: "audio", index });
      return /** @type {DataView<ArrayBuffer>} */ (buffers[0] ?? new DataView(new ArrayBuffer(0)));
    };
    const read = async (/** @type {number} */ start, /** @type {number} */ end) => {
      const { buffers } = await this.requests.send({ kind: "sound", start, end });
      return buffers[0] ? readWav(buffers[0], start) : null;
    };
    return new WindowedSource(fetchWindow, read, sound);
  }

  /**
   * Changes settings, for all views and for later ones.
   * @param {Partial<Settings>} settings
   */
  set(settings) {
    Object.assign(this.settings, settings);
    keepSettings(this.settings);
    this.notifyViewChange();
  }

  /** The language of the view's texts that Python set; an empty text where that is left to the reader. */
  get interfaceLanguage() {
    return this.#model.get("interface_language") ?? "";
  }

  /**
   * Has every view be made anew in a language that a person chose, and later views begin with it.
   * @param {Language} chosen
   */
  chooseLanguage(chosen) {
    keepLanguage(chosen);
    this.#model.set("interface_language", chosen);
    this.#model.save_changes();
  }

  #onLanguage = () => this.#notify({ kind: "language" });

  /**
   * Brings a position on view in every view.
   * @param {number} time
   */
  show(time) {
    for (const view of this.#views) view.onShow(time);
  }

  /**
   * Shows a text that no part of the picture shows.
   * @param {string} text
   */
  showMessage(text) {
    this.message = text;
    this.notifyViewChange();
  }

  /**
   * Corrects a sentence, here at once, so that the next correction builds on it; and has the kernel keep it.
   * @param {Sentence} sentence
   * @param {Correction} correction
   */
  correct(sentence, correction) {
    const change = this.transcript.correct(sentence, correctedWords(sentence.words, correction));
    this.cursor.refind(this.transcript, change);
    this.#notify({ kind: "data", change });
    const [old, replacing] = [correction.old.map(writeWord), correction.new.map(writeWord)];
    this.#sendAndExpectAnswer({ kind: "correct", sentence: sentence.id, old, new: replacing });
  }

  /**
   * Makes several corrections as one step of undo.
   * @param {[Sentence, Correction][]} corrections
   */
  correctAll(corrections) {
    const parts = corrections.map(([{ id }, correction]) => {
      const sentence = /** @type {Sentence} */ (this.transcript.sentences.get(id)); // as corrected before
      const change = this.transcript.correct(sentence, correctedWords(sentence.words, correction));
      this.#notify({ kind: "data", change });
      const [old, replacing] = [correction.old.map(writeWord), correction.new.map(writeWord)];
      return /** @type {const} */ ({ kind: "correct", sentence: sentence.id, old, new: replacing });
    });
    this.cursor.refind(this.transcript, { reset: true, sentences: [], removed: [], from: 0 });
    this.#sendAndExpectAnswer({ kind: "correct-all", parts });
  }

  /**
   * Replaces the regions, here at once, and has the kernel keep them.
   * @param {LayerSpan[]} regions
   */
  setRegions(regions) {
    const sorted = [...regions].sort((a, b) => a.start - b.start || a.end - b.end);
    this.transcript.regions = sorted;
    this.notifyViewChange();
    this.#sendAndExpectAnswer({ kind: "set-regions", regions: sorted });
  }

  undo() {
    this.#sendAndExpectAnswer({ kind: "undo" });
  }

  redo() {
    this.#sendAndExpectAnswer({ kind: "redo" });
  }

  /** @param {FromFrontEnd} message that the kernel answers at once */
  #sendAndExpectAnswer(message) {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.showMessage(translate(NO_ANSWER)), SYNC_TIMEOUT_MS);
    this.#send(message);
  }

  get isStopping() {
    return this.#stoppedIn !== null && this.#stoppedIn === this.transcript.run?.state;
  }

  stop() {
    if (this.isStopping || !this.transcript.run) return;
    this.#stoppedIn = this.transcript.run.state;
    this.#send({ kind: "stop" });
    this.#stopTimer = setTimeout(() => this.#checkStop(), STOP_TIMEOUT_MS);
    this.#notifyStateChange();
  }

  /** Has the kernel continue a run that ended early. */
  resume() {
    this.#sendAndExpectAnswer({ kind: "resume" });
  }

  /** The kernel answers Stop by withdrawing `can_stop` at once; where it has not, say so. */
  #checkStop() {
    this.isStopUnread = this.transcript.run?.can_stop === true;
    this.#notifyStateChange();
  }

  /** A view has drawn everything, and the focus is not in it. */
  afterDraw() {
    if (this.transcript.run?.has_ended) this.#endReport.onDrawn();
  }

  /** Has every view draw again, with no new data of the run. */
  notifyViewChange() {
    this.#notify({ kind: "view" });
  }

  /** Has every view write the run's state again. */
  #notifyStateChange() {
    this.#notify({ kind: "state" });
  }

  /** @param {RunNotification} notification */
  #notify(notification) {
    for (const listener of [...this.#listeners]) listener(notification);
  }

  #receive = (/** @type {ToFrontEnd} */ message, /** @type {DataView[]} */ buffers) => {
    this.isDisconnected = false; // whatever the message is, the kernel is there
    clearTimeout(this.#answerTimer);
    switch (message?.kind) {
      case "update":
        this.#update(message, buffers ?? []);
        break;
      case "reply":
        this.requests.receive(message, buffers ?? []);
        break;
      case "seek":
        this.show(message.position);
        break;
      case "find":
        for (const view of this.#views) view.onFind(message.text);
        break;
      case "still-made":
        this.#send({ kind: "end-drawn" });
        break;
      case "pong":
        break;
      case "refused":
        this.showMessage(message.text);
        this.#sync(); // the correction, which is shown here already, may have been refused
        break;
      default:
        warnOfUnknown(message);
    }
  };

  /**
   * @param {Update} update
   * @param {DataView[]} buffers
   */
  #update(update, buffers) {
    const isFirst = this.transcript.run === null;
    if (update.reset) this.#startOver();
    else if (this.#seq === null || update.seq !== this.#seq + 1) {
      this.#seq = null;
      this.#sync();
      return;
    }
    this.#seq = update.seq;
    const change = this.transcript.apply(update, buffers, Date.now() / 1000);
    this.cursor.refind(this.transcript, change);
    if (this.transcript.run?.state !== this.#stoppedIn) this.#stoppedIn = null;
    if (!this.transcript.run?.can_stop) this.isStopUnread = false;
    if (!this.transcript.run?.has_ended) this.#endReport.onGoingOn();
    if (isFirst) this.#onFirstUpdate();
    this.#notify({ kind: "data", change });
    if (!update.reset && (change.sentences.length || change.removed.length)) this.#endReport.onChange();
  }

  #startOver() {
    clearTimeout(this.#answerTimer);
    this.#syncedAt = null;
    this.transcript = new Transcript();
  }

  /** Sentences from before the first view are not read out; a run that has already ended is shown from its start. */
  #onFirstUpdate() {
    const { run, sentences } = this.transcript;
    for (const { id, is_final } of sentences.values()) if (is_final) this.announced.add(id);
    if (!run?.has_ended) return;
    this.viewportChoice.follow = false;
    this.textTop = 0;
  }

  /** Asks the kernel for everything, unless that was done a moment ago. */
  #sync() {
    const now = Date.now();
    if (this.#syncedAt !== null && now - this.#syncedAt < SYNC_AGAIN_MS) return;
    this.#syncedAt = now;
    this.#ask("sync");
  }

  /** @param {"sync" | "ping"} kind what a kernel that is there answers */
  #ask(kind) {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.#disconnect(), SYNC_TIMEOUT_MS);
    this.#send({ kind });
  }

  #disconnect() {
    this.isDisconnected = true;
    this.#stoppedIn = null;
    this.requests.failAll(translate(NO_ANSWER));
    this.#notifyStateChange();
  }

  /** @param {FromFrontEnd} message */
  #send(message) {
    try {
      this.#model.send(message);
    } catch {
      this.#disconnect(); // JupyterLab throws where the kernel was shut down
    }
  }
}
