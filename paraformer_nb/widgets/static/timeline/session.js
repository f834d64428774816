// One widget model: its messages, the run they tell of, and what a person chose to look at. There is one
// session a model however many views show it, and it outlives them: a view drawn again starts where the
// last one was.

import { Cursor } from "./run/cursor.js";
import { correctedWords } from "./run/edits.js";
import { Playback } from "./sound/playback.js";
import { Requests } from "./run/requests.js";
import { Store, isTerminal } from "./run/store.js";
import { WindowedSource } from "./sound/windowed.js";

/** @import { AnyModel } from "@anywidget/types" */
/** @import { TimelineModel } from "./run/cursor.js" */
/** @import { AudioSource } from "./sound/player.js" */
/** @import { Correction } from "./run/edits.js" */
/** @import { Reply } from "./run/requests.js" */
/** @import { Change, RunState, Update } from "./run/store.js" */
/** @import { Sentence } from "./run/words.js" */
/** @import { Choice } from "./picture/viewport.js" */
/**
 * What the kernel sends: what is new, an answer, or a wish.
 * @typedef {Update | Reply | { kind: "seek", time: number } | { kind: "find", text: string } | { kind: "say", text: string } | { kind: "end" }} Message
 */
/** @typedef {{ onShow: (time: number) => void, onFind: (text: string) => void }} Wishes what a view is asked for */

const NO_ANSWER_MS = 3000;
const ASK_AGAIN_MS = 2000;
const STOP_HEARD_MS = 2500;
const UNSEEN_MS = 1000; // after which sound stops that nobody could stop any more; a view drawn anew comes sooner
const NOT_KEPT = "The kernel has not answered: it is busy with a cell, or gone. Then run the cell again.";
const NO_RUN = "There is nothing to play yet.";

export class Session {
  store = new Store();
  /** True when a question to the kernel got no answer. */
  isDisconnected = false;
  /** @type {Choice} */
  choice = { start: null, span: null, follow: true };
  /** Where the transcript was scrolled to; null: along with its end. @type {number | null} */
  textTop = null;
  /** Sentences that were read out, or were there before anybody looked. @type {Set<number>} */
  announced = new Set();
  /** What the last command or correction came to, where that must be said. */
  said = "";
  cursor;
  requests;
  playback;

  #model;
  #openAudio;
  /** @type {Set<Wishes>} */
  #wishers = new Set();
  /** @type {Set<(change: Change | null) => void>} */
  #listeners = new Set();
  /** The last update taken in; null while waiting to start over. @type {number | null} */
  #seq = null;
  /** @type {number | null} */
  #askedAt = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #noAnswer;
  /** True when Stop was pressed and the kernel, busy with a cell, has not heard it. */
  isStopUnheard = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #stopHeard;
  /** @type {RunState | null} the state in which Stop was pressed */
  #stoppedIn = null;
  #saidFinished = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #unseen;

  /**
   * @param {AnyModel<TimelineModel>} model
   * @param {(() => AudioSource) | null} openAudio where there is no kernel to ask for the sound
   */
  constructor(model, openAudio = null) {
    this.#model = model;
    this.#openAudio = openAudio;
    this.cursor = new Cursor(model, () => this.notify(), (time) => this.playback.seek(time));
    this.requests = new Requests((content) => this.#send(content));
    this.playback = new Playback(this);
    model.on("msg:custom", this.#receive);
    this.#ask();
  }

  /** Ends the session with its model. */
  close() {
    clearTimeout(this.#noAnswer);
    clearTimeout(this.#stopHeard);
    clearTimeout(this.#unseen);
    this.#model.off("msg:custom", this.#receive);
    this.playback.dispose();
    this.cursor.close();
    this.requests.close();
    this.#listeners.clear();
    this.#wishers.clear();
  }

  /**
   * Tells a view of each change of the run, and with null of where a person is, until the returned function
   * is called.
   * @param {(change: Change | null) => void} listener
   */
  listen(listener) {
    clearTimeout(this.#unseen);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#unseen = setTimeout(() => this.playback.pause(), UNSEEN_MS);
    };
  }

  /**
   * Tells a view what it is asked for, until the returned function is called.
   * @param {Wishes} wishes
   */
  grant(wishes) {
    this.#wishers.add(wishes);
    return () => this.#wishers.delete(wishes);
  }

  /** True in a page that was saved: nothing can be asked or changed. */
  get isStandalone() {
    return this.#openAudio !== null;
  }

  /** Where the sound comes from. Throws an error with a sentence for a person where there is none. */
  openAudio() {
    if (this.#openAudio) return this.#openAudio();
    const sound = this.store.run?.sound;
    if (!sound) throw new Error(NO_RUN);
    return new WindowedSource(async (index) => {
      const { buffers } = await this.requests.ask("audio", { index });
      return /** @type {DataView<ArrayBuffer>} */ (buffers[0] ?? new DataView(new ArrayBuffer(0)));
    }, sound);
  }

  /**
   * Has every view bring a time on view.
   * @param {number} time
   */
  show(time) {
    for (const wisher of this.#wishers) wisher.onShow(time);
  }

  /**
   * Says something that no part of the picture shows.
   * @param {string} text
   */
  say(text) {
    this.said = text;
    this.notify();
  }

  /**
   * Corrects a sentence, here at once, so that the next correction builds on it; and asks the kernel to keep it.
   * @param {Sentence} sentence
   * @param {Correction} correction
   */
  correct(sentence, correction) {
    const change = this.store.correct(sentence, correctedWords(sentence.words, correction));
    this.cursor.refind(this.store, change);
    this.#tell(change);
    this.#expect({ kind: "edit", sentence: sentence.id, ...correction });
  }

  /** @param {"undo" | "redo"} kind */
  turnBack(kind) {
    this.#expect({ kind });
  }

  /**
   * Sends what the kernel answers at once, unless it is gone.
   * @param {{ kind: string } & Record<string, unknown>} content
   */
  #expect(content) {
    clearTimeout(this.#noAnswer);
    this.#noAnswer = setTimeout(() => this.say(NOT_KEPT), NO_ANSWER_MS);
    this.#send(content);
  }

  get isStopping() {
    return this.#stoppedIn !== null && this.#stoppedIn === this.store.run?.state;
  }

  stop() {
    if (this.isStopping || !this.store.run) return;
    this.#stoppedIn = this.store.run.state;
    this.#send({ kind: "stop" });
    this.#stopHeard = setTimeout(() => this.#missStop(), STOP_HEARD_MS);
    this.#restate();
  }

  /** The kernel answers a Stop by taking `can_stop` back, at once; where it did not, no dead button is left. */
  #missStop() {
    this.isStopUnheard = this.store.run?.can_stop === true;
    this.#restate();
  }

  /**
   * A view has drawn what there is, and nobody is in it. The first time that this is a run's end the kernel is
   * told. It gets ready to exchange the cell's output for the final picture, says so, and is told to. That makes a
   * new view, so a second word of it would never end.
   */
  drawn() {
    const { run } = this.store;
    if (this.#saidFinished || !run || !isTerminal(run.state)) return;
    this.#saidFinished = true;
    this.#send({ kind: "ending" });
  }

  /** Has every view draw again, with no new data of the run. */
  notify() {
    this.#tell(null);
  }

  /** Has every view write again what it says of the run. */
  #restate() {
    this.#tell({ reset: false, sentences: [], removed: [] });
  }

  /** @param {Change | null} change */
  #tell(change) {
    for (const listener of [...this.#listeners]) listener(change);
  }

  #receive = (/** @type {Message} */ message, /** @type {DataView[]} */ buffers) => {
    this.isDisconnected = false; // whatever it says, somebody is there
    clearTimeout(this.#noAnswer);
    if (message?.kind === "update") this.#update(message, buffers ?? []);
    else if (message?.kind === "reply") this.requests.answer(message, buffers ?? []);
    else if (message?.kind === "seek") this.show(message.time);
    else if (message?.kind === "find") for (const wisher of this.#wishers) wisher.onFind(message.text);
    else if (message?.kind === "end") this.#send({ kind: "finished" });
    else if (message?.kind === "say") {
      this.say(message.text);
      this.#ask(); // what was corrected here at once may have been refused
    }
  };

  /**
   * @param {Update} update
   * @param {DataView[]} buffers
   */
  #update(update, buffers) {
    const isFirst = this.store.run === null;
    if (update.reset) this.#startOver();
    else if (this.#seq === null || update.seq !== this.#seq + 1) {
      this.#seq = null;
      this.#ask();
      return;
    }
    this.#seq = update.seq;
    const change = this.store.apply(update, buffers, Date.now() / 1000);
    this.cursor.refind(this.store, change);
    if (this.store.run?.state !== this.#stoppedIn) this.#stoppedIn = null;
    if (!this.store.run?.can_stop) this.isStopUnheard = false;
    if (isFirst) this.#meetRun();
    this.#tell(change);
  }

  #startOver() {
    clearTimeout(this.#noAnswer);
    this.#askedAt = null;
    this.store = new Store();
  }

  /** What was said before anybody looked is not read out; a run already over is shown from its start. */
  #meetRun() {
    const { run, sentences } = this.store;
    for (const { id, is_final } of sentences.values()) if (is_final) this.announced.add(id);
    if (!run || !isTerminal(run.state)) return;
    this.choice.follow = false;
    this.textTop = 0;
  }

  /** Asks for everything, unless that was asked a moment ago. */
  #ask() {
    const now = Date.now();
    if (this.#askedAt !== null && now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = now;
    clearTimeout(this.#noAnswer);
    this.#noAnswer = setTimeout(() => this.#disconnect(), NO_ANSWER_MS);
    this.#send({ kind: "sync" });
  }

  #disconnect() {
    this.isDisconnected = true;
    this.#stoppedIn = null;
    this.#restate();
  }

  /** @param {{ kind: string } & Record<string, unknown>} content */
  #send(content) {
    try {
      this.#model.send(content);
    } catch {
      this.#disconnect(); // JupyterLab throws where the kernel is gone
    }
  }
}
