// One view of a run: its parts, and the one animation frame in which they are brought up to date.

import { Spectrogram } from "./canvas/spectrogram.js";
import { Stage } from "./canvas/stage.js";
import { ThemeReader } from "./canvas/theme.js";
import { Commands } from "./controls/commands.js";
import { Editor } from "./controls/editor.js";
import { Header } from "./controls/header.js";
import { Help } from "./controls/help.js";
import { listenToKeys, listenToNextPress, listenToPresses } from "./controls/keyboard.js";
import { Legend } from "./controls/legend.js";
import { listenToMinimap, listenToPicture } from "./controls/pointer.js";
import { ScrollLink } from "./controls/scroll_link.js";
import { Split } from "./controls/split.js";
import { ExportMenu } from "./controls/export_menu.js";
import { Toolbar } from "./controls/toolbar.js";
import { WordCard } from "./controls/word_card.js";
import { WordBar } from "./controls/word_bar.js";
import { WordList } from "./controls/word_list.js";
import { make, setAttribute, setHidden } from "./dom/elements.js";
import { language, useLanguage } from "./model/language.js";
import { Announcer } from "./text/announcer.js";
import { SteadyScroll } from "./text/steady_scroll.js";
import { TextMarks } from "./text/text_marks.js";
import { TextPane } from "./text/text_pane.js";

/** @import { Theme } from "./canvas/theme.js" */
/** @import { RunModel, RunNotification } from "./run_model.js" */

const NARROW_PIXELS = 620;
const WIDE_PIXELS = 1300; // from here on the header is one line, with its notice

/**
 * Shows a run until the returned function is called, in the language that is wanted by then.
 * @param {RunModel} runModel
 * @param {HTMLElement} parent
 */
export function showView(runModel, parent) {
  const make = () => {
    // The page around a saved run has the language of the clip, which may not be the reader's.
    const readers = [navigator.language, ...(runModel.isStandalone ? [] : [document.documentElement.lang])];
    useLanguage(runModel.interfaceLanguage, readers);
    return new View(runModel, parent);
  };
  let view = make();
  const unsubscribe = runModel.addListener(({ kind }) => {
    if (kind !== "language") return;
    view.dispose();
    view = make();
    view.focus();
  });
  return () => {
    unsubscribe();
    view.dispose();
  };
}

class View {
  #runModel;
  #root;
  #body;
  #header;
  #textPane;
  #scroll;
  #textMarks;
  #split;
  #scrollLink;
  #legend;
  #spectrogram;
  #stage;
  #editor;
  #wordList;
  #commands;
  #toolbar;
  #wordBar;
  #wordCard;
  #exportMenu;
  #announcer;
  #themeReader;
  /** @type {Theme | null} null: read it again */
  #theme = null;
  /** @type {Set<number> | null} sentences to write again; null: all */
  #changed = null;
  #isTextStale = true;
  #frame = 0;
  /** @type {(() => void)[]} */
  #unsubscribe;

  /**
   * @param {RunModel} runModel
   * @param {HTMLElement} parent
   */
  constructor(runModel, parent) {
    this.#runModel = runModel;
    this.#root = this.#makeRoot(parent);
    this.#themeReader = new ThemeReader(this.#root, () => this.#restyle());
    this.#header = new Header(runModel, this.#root);
    this.#body = make("div", "pnb-body", this.#root);
    this.#textPane = new TextPane(this.#body);
    this.#scroll = new SteadyScroll(runModel, this.#textPane);
    this.#textMarks = new TextMarks(runModel, this.#textPane);
    this.#split = new Split(runModel, this.#textPane.box, this.#body);
    this.#legend = new Legend(this.#body);
    this.#spectrogram = new Spectrogram(runModel);
    this.#stage = new Stage(runModel, this.#spectrogram, this.#body, () => this.#resize());
    this.#scrollLink = new ScrollLink(runModel, this.#stage, this.#textPane);
    this.#wordList = new WordList(runModel, this.#stage.box);
    const focusWords = () => this.#wordList.focus();
    this.#editor = new Editor(runModel, this.#stage, this.#textPane, {
      focusWords,
      step: (...step) => this.#commands.proofreading.step(...step),
      stepDoubtful: (...step) => this.#commands.proofreading.stepDoubtful(...step),
      replay: () => this.#commands.proofreading.replaySentence(),
      closed: () => this.#commands.proofreading.closed(),
    });
    const help = new Help(runModel, this.#root, focusWords);
    const focusFind = () => this.#toolbar.focusFind();
    const selectText = () => this.#textPane.selectAll();
    const focusTime = () => this.#toolbar.focusTime();
    const focusRegion = () => this.#wordBar.focusRegion();
    const parts = { focusRegion, focusTime, stage: this.#stage, editor: this.#editor, spectrogram: this.#spectrogram, help, focusFind, focusWords, selectText };
    this.#commands = new Commands(runModel, parts);
    this.#toolbar = new Toolbar(runModel, this.#body, this.#commands, focusWords);
    this.#wordBar = new WordBar(runModel, this.#body, this.#commands, focusWords);
    this.#wordCard = new WordCard(runModel, this.#stage);
    this.#exportMenu = new ExportMenu(runModel, this.#root, this.#header.buttons, focusWords);
    this.#announcer = new Announcer(runModel, this.#root);
    listenToNextPress(this.#root, () => runModel.message && runModel.showMessage(""));
    listenToKeys(this.#root, this.#textPane.box, this.#commands);
    listenToPresses(this.#root, this.#textPane.box, focusWords);
    this.#listenToPointers();
    this.#unsubscribe = [
      runModel.addListener((notification) => this.#onNotification(notification)),
      runModel.addView({ onShow: (time) => this.#stage.reveal(time), onFind: (text) => this.#commands.find(text) }),
    ];
    this.#schedule();
  }

  focus() {
    this.#wordList.focus();
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#header.dispose();
    this.#announcer.dispose();
    this.#toolbar.dispose();
    this.#wordCard.dispose();
    this.#spectrogram.dispose();
    this.#textMarks.dispose();
    this.#stage.dispose();
    this.#root.remove();
  }

  /** @param {HTMLElement} parent */
  #makeRoot(parent) {
    const root = make("div", "pnb-timeline", parent);
    root.lang = language(); // of buttons and messages
    root.setAttribute("role", "group");
    root.addEventListener("focusout", () => this.#schedule()); // for what waits until the focus has left the view
    return root;
  }

  #listenToPointers() {
    const targets = {
      commands: this.#commands,
      stage: this.#stage,
      moveDraft: (/** @type {"start" | "end"} */ edge, /** @type {number} */ time) => this.#moveDraft(edge, time),
      dropDraft: () => this.#setDraft(null),
      hover: (/** @type {{ time: number, y: number } | null} */ point) => {
        this.#stage.hover = point;
        this.#schedule();
      },
    };
    listenToPicture(targets);
    listenToMinimap(this.#stage);
    this.#textPane.onWord((event, sentence, wordIndex) => {
      const index = this.#indexOf(sentence, wordIndex);
      if (index < 0) return;
      if (event.detail > 1) this.#commands.proofreading.edit(index);
      else if (event.altKey) this.#commands.playWord(index);
      else this.#commands.goTo(index);
    });
    this.#textPane.onTime((sentence) => {
      const index = this.#indexOf(sentence, 0);
      if (index >= 0) this.#commands.goTo(index);
    });
    this.#textPane.onSelect((first, last) => {
      const { words } = this.#runModel.transcript;
      const [from, to] = [first, last].map(({ sentence, wordIndex }) => this.#indexOf(sentence.id, wordIndex));
      if (from >= 0 && to >= from) this.#commands.select(words.starts[from], words.ends[to]);
    });
  }

  /**
   * The index of a sentence's word among all words, or -1.
   * @param {number} id
   * @param {number} wordIndex
   */
  #indexOf(id, wordIndex) {
    const { order, words } = this.#runModel.transcript;
    const sentenceIndex = order.findIndex((sentence) => sentence.id === id);
    return sentenceIndex < 0 ? -1 : words.firstOf(sentenceIndex) + wordIndex;
  }

  /**
   * Shows the focused word with an edge where a person drags it.
   * @param {"start" | "end"} edge
   * @param {number} time
   */
  #moveDraft(edge, time) {
    const focused = this.#runModel.cursor.focusedWord(this.#runModel.transcript);
    if (!focused) return;
    const { start, end } = focused.sentence.words[focused.wordIndex];
    this.#setDraft(edge === "start" ? { start: Math.min(time, end), end } : { start, end: Math.max(time, start) });
  }

  /** @param {{ start: number, end: number } | null} draft */
  #setDraft(draft) {
    this.#stage.draft = draft;
    this.#schedule();
  }

  /** @param {RunNotification} notification */
  #onNotification(notification) {
    if (notification.kind === "data") {
      const { reset, sentences, removed } = notification.change;
      if (reset) this.#changed = null;
      for (const id of [...sentences, ...removed]) this.#changed?.add(id);
    }
    if (notification.kind !== "view") this.#isTextStale = true;
    this.#schedule();
  }

  #restyle() {
    this.#theme = null;
    this.#schedule();
  }

  /** Also when a cell comes back on screen: by then the theme may be another and the text not scrolled. */
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
    const focused = this.#root.contains(document.activeElement) ? document.activeElement : null;
    if (isTextNew) this.#write();
    this.#theme ??= this.#themeReader.read();
    this.#toolbar.update(this.#spectrogram.isOn);
    this.#wordBar.update();
    this.#wordList.update();
    this.#textMarks.update(isTextNew);
    if (this.#stage.draw(this.#theme)) this.#schedule();
    this.#scrollLink.update();
    this.#editor.reposition();
    this.#wordCard.update();
    const isFocusLost = focused instanceof HTMLElement && (focused.offsetParent === null || focused.matches(":disabled"));
    if (isFocusLost) this.#wordList.focus();
    // Replacing the output by the final picture would discard the focus, and what is half typed.
    if (!focused) this.#runModel.afterDraw();
  }

  #write() {
    const { transcript, isDisconnected } = this.#runModel;
    const { run } = transcript;
    this.#isTextStale = false;
    this.#root.classList.toggle("pnb-live", run !== null && !run.has_ended);
    this.#root.classList.toggle("pnb-narrow", this.#root.clientWidth < NARROW_PIXELS);
    this.#root.classList.toggle("pnb-wide", this.#root.clientWidth >= WIDE_PIXELS);
    const isEmpty = run !== null && run.has_ended && run.sent_until <= run.start && transcript.words.count === 0;
    setHidden(this.#body, isEmpty || (run === null && isDisconnected));
    this.#header.update();
    this.#exportMenu.update();
    this.#legend.update(transcript.layers);
    for (const box of [this.#textPane.box, this.#stage.box]) setAttribute(box, "lang", run?.language ?? "");
    this.#textPane.show(transcript, this.#changed);
    this.#split.update();
    this.#scroll.update();
    this.#announcer.announce(this.#changed ?? transcript.sentences.keys());
    this.#changed = new Set();
  }
}
