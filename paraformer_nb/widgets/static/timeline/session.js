// One widget model: its messages, the run they tell of, and what a person chose to look at. There is one
// session a model however many views show it, and it outlives them: a view drawn again starts where the
// last one was.

import { Store, isTerminal } from "./store.js";

/** @import { AnyModel } from "@anywidget/types" */
/** @import { Change, RunState, Update } from "./store.js" */
/** @import { Choice } from "./viewport.js" */

const NO_ANSWER_MS = 3000;
const ASK_AGAIN_MS = 2000;
const STOP_HEARD_MS = 2500;

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

  #model;
  /** @type {Set<(change: Change) => void>} */
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

  /** @param {AnyModel} model */
  constructor(model) {
    this.#model = model;
    model.on("msg:custom", this.#receive);
    this.#ask();
  }

  /** Ends the session with its model. */
  close() {
    clearTimeout(this.#noAnswer);
    clearTimeout(this.#stopHeard);
    this.#model.off("msg:custom", this.#receive);
    this.#listeners.clear();
  }

  /**
   * Tells a view of each change, until the returned function is called.
   * @param {(change: Change) => void} listener
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get isStopping() {
    return this.#stoppedIn !== null && this.#stoppedIn === this.store.run?.state;
  }

  stop() {
    if (this.isStopping || !this.store.run) return;
    this.#stoppedIn = this.store.run.state;
    this.#send({ kind: "stop" });
    this.#stopHeard = setTimeout(() => this.#missStop(), STOP_HEARD_MS);
    this.notify();
  }

  /** The kernel answers a Stop by taking `can_stop` back, at once; where it did not, no dead button is left. */
  #missStop() {
    this.isStopUnheard = this.store.run?.can_stop === true;
    this.notify();
  }

  /**
   * A view has drawn what there is. The first time that this is a run's end the kernel is told, which
   * then stores the final picture; that makes a new view, so a second word of it would never end.
   */
  drawn() {
    const { run } = this.store;
    if (this.#saidFinished || !run || !isTerminal(run.state)) return;
    this.#saidFinished = true;
    this.#send({ kind: "finished" });
  }

  /** Has every view draw again, with no new data. */
  notify() {
    this.#tell({ reset: false, sentences: [], removed: [] });
  }

  /** @param {Change} change */
  #tell(change) {
    for (const listener of [...this.#listeners]) listener(change);
  }

  #receive = (/** @type {Update} */ update, /** @type {DataView[]} */ buffers) => {
    if (update?.kind !== "update") return;
    this.isDisconnected = false; // whatever it says, somebody is there
    const isFirst = this.store.run === null;
    if (update.reset) this.#startOver();
    else if (this.#seq === null || update.seq !== this.#seq + 1) {
      this.#seq = null;
      this.#ask();
      return;
    }
    this.#seq = update.seq;
    const change = this.store.apply(update, buffers ?? [], Date.now() / 1000);
    if (this.store.run?.state !== this.#stoppedIn) this.#stoppedIn = null;
    if (!this.store.run?.can_stop) this.isStopUnheard = false;
    if (isFirst) this.#meetRun();
    this.#tell(change);
  };

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
    this.notify();
  }

  /** @param {{ kind: string }} content */
  #send(content) {
    try {
      this.#model.send(content);
    } catch {
      this.#disconnect(); // JupyterLab throws where the kernel is gone
    }
  }
}
