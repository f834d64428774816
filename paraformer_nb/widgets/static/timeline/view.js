// One view of a run: its parts, and the one animation frame in which they are brought up to date.

import { Announcer } from "./announcer.js";
import { Controls } from "./controls.js";
import { make } from "./dom.js";
import { ZOOM_STEP } from "./gestures.js";
import { Header } from "./header.js";
import { Stage } from "./stage.js";
import { SteadyScroll } from "./steady.js";
import { isTerminal } from "./store.js";
import { countWords } from "./text.js";
import { ThemeReader } from "./theme.js";
import { Transcript } from "./transcript.js";

/** @import { Session } from "./session.js" */
/** @import { Change } from "./store.js" */
/** @import { Theme } from "./theme.js" */

const NARROW_PIXELS = 620;

export class View {
  #session;
  #root;
  #body;
  #header;
  #transcript;
  #scroll;
  #stage;
  #controls;
  #announcer;
  #themeReader;
  /** @type {Theme | null} null: read it again */
  #theme = null;
  /** @type {Set<number> | null} sentences to write again; null: all */
  #changed = null;
  #isTextStale = true;
  #frame = 0;
  #unlisten;

  /**
   * @param {Session} session
   * @param {HTMLElement} parent
   */
  constructor(session, parent) {
    this.#session = session;
    this.#root = make("div", "pnb-timeline", parent);
    this.#root.setAttribute("role", "group");
    this.#root.setAttribute("aria-label", "Speech recognition run");
    this.#root.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys
    this.#themeReader = new ThemeReader(this.#root, () => this.#restyle());
    this.#header = new Header(session, this.#root);
    this.#body = make("div", "pnb-body", this.#root);
    this.#transcript = new Transcript(this.#body);
    this.#scroll = new SteadyScroll(session, this.#transcript);
    this.#stage = new Stage(session, this.#body, () => this.#resize());
    this.#controls = new Controls(this.#body, {
      zoomIn: () => this.#stage.zoom(ZOOM_STEP),
      zoomOut: () => this.#stage.zoom(1 / ZOOM_STEP),
      toggleFollow: () => this.#stage.toggleFollow(),
    });
    this.#announcer = new Announcer(session, this.#root);
    this.#unlisten = session.listen((change) => this.#take(change));
    this.#schedule();
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
    this.#unlisten();
    this.#announcer.dispose();
    this.#stage.dispose();
    this.#root.remove();
  }

  /** @param {Change} change */
  #take(change) {
    if (change.reset) this.#changed = null;
    for (const id of change.sentences) this.#changed?.add(id);
    for (const id of change.removed) this.#changed?.add(id);
    this.#isTextStale = true;
    this.#schedule();
  }

  #restyle() {
    this.#theme = null;
    this.#schedule();
  }

  /** Also when a cell comes back on screen, by when the theme may be another and the text unscrolled. */
  #resize() {
    this.#isTextStale = true;
    this.#restyle();
  }

  #schedule() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (this.#isTextStale) this.#write();
    this.#theme ??= this.#themeReader.read();
    if (this.#stage.draw(this.#theme)) this.#schedule();
    this.#session.drawn();
  }

  #write() {
    const { store, choice, isDisconnected } = this.#session;
    this.#isTextStale = false;
    this.#root.classList.toggle("pnb-narrow", this.#root.clientWidth < NARROW_PIXELS);
    const { run } = store;
    const cameToNothing = run !== null && isTerminal(run.state) && run.sent <= run.start;
    this.#body.hidden = cameToNothing || (run === null && isDisconnected);
    this.#header.update();
    this.#transcript.show(store, this.#changed);
    this.#scroll.settle();
    const isLive = run === null || !isTerminal(run.state);
    this.#controls.update(choice.follow, isLive, countWords(store.words.count));
    this.#announcer.hear(this.#changed ?? store.sentences.keys());
    this.#changed = new Set();
  }
}
