// One view of a run: its parts, and the one animation frame in which they are brought up to date.

import { Announcer } from "./text/announcer.js";
import { Commands } from "./hands/commands.js";
import { Controls } from "./hands/controls.js";
import { make } from "./text/dom.js";
import { Editor } from "./hands/editor.js";
import { Header } from "./hands/header.js";
import { Help } from "./hands/help.js";
import { Legend } from "./hands/legend.js";
import { onMinimap, onPicture } from "./hands/pointer.js";
import { Spectrogram } from "./picture/spectrogram.js";
import { Stage } from "./picture/stage.js";
import { SteadyScroll } from "./text/steady.js";
import { isTerminal } from "./run/store.js";
import { TextMarks } from "./text/text_marks.js";
import { ThemeReader } from "./picture/theme.js";
import { Transcript } from "./text/transcript.js";
import { WordBar } from "./hands/word_bar.js";
import { WordList } from "./hands/word_list.js";

/** @import { Session } from "./session.js" */
/** @import { Change } from "./run/store.js" */
/** @import { Theme } from "./picture/theme.js" */

const NARROW_PIXELS = 620;

export class View {
  #session;
  #root;
  #body;
  #header;
  #transcript;
  #scroll;
  #textMarks;
  #legend;
  #spectrogram;
  #stage;
  #editor;
  #wordList;
  #commands;
  #controls;
  #wordBar;
  #help;
  #toWords;
  #announcer;
  #themeReader;
  /** @type {Theme | null} null: read it again */
  #theme = null;
  /** @type {Set<number> | null} sentences to write again; null: all */
  #changed = null;
  #isTextStale = true;
  #frame = 0;
  /** @type {(() => void)[]} */
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
    this.#root.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); // else JupyterLab takes them: "d d" deletes the cell
    });
    this.#root.addEventListener("focusout", () => this.#schedule()); // what waited until nobody is in the view
    this.#themeReader = new ThemeReader(this.#root, () => this.#restyle());
    this.#header = new Header(session, this.#root);
    this.#body = make("div", "pnb-body", this.#root);
    this.#transcript = new Transcript(this.#body);
    this.#scroll = new SteadyScroll(session, this.#transcript);
    this.#textMarks = new TextMarks(session, this.#transcript, this.#root);
    this.#legend = new Legend(this.#body);
    this.#spectrogram = new Spectrogram(session);
    this.#stage = new Stage(session, this.#spectrogram, this.#body, () => this.#resize());
    this.#wordList = new WordList(session, this.#stage.box);
    const toWords = () => this.#wordList.focus();
    this.#toWords = toWords;
    this.#editor = new Editor(session, this.#stage, { toWords, step: (steps) => this.#editNext(steps) });
    this.#commands = new Commands(session, this.#stage, this.#editor, this.#spectrogram);
    this.#help = new Help(this.#root, toWords);
    const help = () => this.#help.toggle();
    this.#controls = new Controls(session, this.#body, this.#commands, { help, toWords });
    this.#wordBar = new WordBar(session, this.#body, this.#commands);
    this.#announcer = new Announcer(session, this.#root);
    this.#wordList.listen(this.#commands, { help, find: () => this.#controls.focusFind() });
    this.#listenToPointers(toWords);
    this.#unlisten = [
      session.listen((change) => this.#take(change)),
      session.grant({ onShow: (time) => this.#stage.reveal(time), onFind: (text) => this.#commands.find(text) }),
    ];
    this.#schedule();
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
    for (const unlisten of this.#unlisten) unlisten();
    this.#announcer.dispose();
    this.#controls.dispose();
    this.#spectrogram.dispose();
    this.#textMarks.dispose();
    this.#stage.dispose();
    this.#root.remove();
  }

  /** @param {() => void} toWords */
  #listenToPointers(toWords) {
    const hands = {
      commands: this.#commands,
      stage: this.#stage,
      moveDraft: (/** @type {"start" | "end"} */ edge, /** @type {number} */ time) => {
        const place = this.#session.cursor.placeIn(this.#session.store);
        if (!place) return;
        const [, , start, end] = place.sentence.words[place.place];
        this.#stage.draft = edge === "start" ? { start: Math.min(time, end), end } : { start, end: Math.max(time, start) };
        this.#schedule();
      },
      dropDraft: () => {
        this.#stage.draft = null;
        this.#schedule();
      },
    };
    onPicture(hands, toWords);
    onMinimap(this.#stage);
    this.#transcript.onWord((sentence, place) => {
      const at = this.#session.store.order.findIndex(({ id }) => id === sentence);
      if (at < 0) return;
      this.#commands.playFromWord(this.#session.store.words.firstOf(at) + place);
      toWords();
    });
  }

  /** @param {number} steps by words; at the first and the last one the field is left */
  #editNext(steps) {
    const before = this.#focusedIndex;
    this.#commands.stepWord(steps);
    if (this.#focusedIndex === before && steps !== 0) this.#toWords();
    else this.#commands.edit();
  }

  get #focusedIndex() {
    return this.#session.cursor.placeIn(this.#session.store)?.index ?? -1;
  }

  /** @param {Change | null} change null: only where a person is has changed */
  #take(change) {
    if (change) {
      if (change.reset) this.#changed = null;
      for (const id of change.sentences) this.#changed?.add(id);
      for (const id of change.removed) this.#changed?.add(id);
      this.#isTextStale = true;
    }
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
    const isTextNew = this.#isTextStale;
    const held = this.#root.contains(document.activeElement) ? document.activeElement : null;
    if (isTextNew) this.#write();
    this.#theme ??= this.#themeReader.read();
    const { run } = this.#session.store;
    this.#controls.update(run === null || !isTerminal(run.state), this.#spectrogram.isOn);
    this.#wordBar.update();
    this.#wordList.update();
    this.#textMarks.update(isTextNew);
    if (this.#stage.draw(this.#theme)) this.#schedule();
    this.#editor.place();
    if (held instanceof HTMLElement && (held.offsetParent === null || held.matches(":disabled"))) this.#toWords();
    if (!held) this.#session.drawn(); // the exchange for the final picture would take a person's keys, and what is half typed
  }

  #write() {
    const { store, isDisconnected } = this.#session;
    this.#isTextStale = false;
    this.#root.classList.toggle("pnb-narrow", this.#root.clientWidth < NARROW_PIXELS);
    const { run } = store;
    const cameToNothing = run !== null && isTerminal(run.state) && run.sent <= run.start && store.words.count === 0;
    this.#body.hidden = cameToNothing || (run === null && isDisconnected);
    this.#header.update();
    this.#legend.update(store.layers);
    this.#transcript.show(store, this.#changed);
    this.#scroll.settle();
    this.#announcer.hear(this.#changed ?? store.sentences.keys());
    this.#changed = new Set();
  }
}
