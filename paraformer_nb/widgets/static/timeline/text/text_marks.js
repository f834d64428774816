// Marks the spoken word and what was found in the running text, with the browser's own highlights: no
// element changes, however long the text is.

import { spokenAt } from "../model/hits.js";

/** @import { RunModel } from "../run_model.js" */
/** @import { TextPane } from "./text_pane.js" */

const MOST_FOUND = 500; // ranges around the current one; more would be slow
/** Names of the style sheet. All views share them: highlights belong to the document. */
const HIGHLIGHTS = { spoken: "pnb-spoken", found: "pnb-found", current: "pnb-current", focused: "pnb-focused", selected: "pnb-selected" };

/** Where they overlap the last one is seen. */
const PRIORITIES = [HIGHLIGHTS.selected, HIGHLIGHTS.found, HIGHLIGHTS.focused, HIGHLIGHTS.current, HIGHLIGHTS.spoken];

export class TextMarks {
  #runModel;
  #textPane;
  #spoken = -1;
  #foundKey = "";
  #focused = -1;
  #selectedKey = "";
  /** This view's part of each highlight. @type {Map<string, Range[]>} */
  #ranges = new Map();

  /**
   * @param {RunModel} runModel
   * @param {TextPane} textPane
   */
  constructor(runModel, textPane) {
    this.#runModel = runModel;
    this.#textPane = textPane;
  }

  /** @param {boolean} isTextNew */
  update(isTextNew) {
    if (!("highlights" in CSS)) return; // an old browser: the picture shows both
    const { cursor, playback, transcript } = this.#runModel;
    const spoken = playback.isPlaying ? spokenAt(transcript.words, cursor.playhead) : -1;
    if (spoken !== this.#spoken || isTextNew) this.#markSpoken(spoken);
    const { text, matches, current } = cursor.found;
    const key = `${text} ${matches.length} ${current}`;
    if (key !== this.#foundKey || isTextNew) this.#markFound(key);
    this.#markSelected(isTextNew);
    const focused = playback.isPlaying ? -1 : (cursor.focusedWord(transcript)?.index ?? -1);
    if (focused !== this.#focused || isTextNew) this.#markFocused(focused);
  }

  /** @param {number} focused */
  #markFocused(focused) {
    const hasMoved = focused !== this.#focused;
    this.#focused = focused;
    const range = focused < 0 ? null : this.#rangeOf(focused, focused);
    this.#set(HIGHLIGHTS.focused, range ? [range] : []);
    if (range && hasMoved) this.#textPane.scrollTo(range);
  }

  /** @param {boolean} isTextNew */
  #markSelected(isTextNew) {
    const { cursor, transcript } = this.#runModel;
    const [first, after] = cursor.selection ? transcript.words.between(...cursor.selection) : [0, 0];
    const key = `${first} ${after}`;
    if (key === this.#selectedKey && !isTextNew) return;
    this.#selectedKey = key;
    this.#set(HIGHLIGHTS.selected, after > first ? [this.#rangeOf(first, after - 1)] : []);
  }

  dispose() {
    if ("highlights" in CSS) for (const name of Object.values(HIGHLIGHTS)) this.#set(name, []);
  }

  /** @param {number} spoken */
  #markSpoken(spoken) {
    const hasMoved = spoken !== this.#spoken;
    this.#spoken = spoken;
    const range = spoken < 0 ? null : this.#rangeOf(spoken, spoken);
    this.#set(HIGHLIGHTS.spoken, range ? [range] : []);
    if (range && hasMoved) this.#textPane.scrollTo(range);
  }

  /** @param {string} key */
  #markFound(key) {
    const hasMoved = key !== this.#foundKey;
    this.#foundKey = key;
    const { matches, current } = this.#runModel.cursor.found;
    const from = Math.max(0, Math.min(current - MOST_FOUND / 2, matches.length - MOST_FOUND));
    const near = matches.slice(from, from + MOST_FOUND);
    const ranges = near.map(({ first, last }) => this.#rangeOf(first, last));
    this.#set(HIGHLIGHTS.found, ranges.filter((range, i) => range && from + i !== current));
    const now = ranges[current - from] ?? null;
    this.#set(HIGHLIGHTS.current, now ? [now] : []);
    if (now && hasMoved) this.#textPane.scrollTo(now);
  }

  /**
   * Words as a range of the text, or null where the text does not hold them.
   * @param {number} first index of a word
   * @param {number} last
   */
  #rangeOf(first, last) {
    const { words, order } = this.#runModel.transcript;
    const position = (/** @type {number} */ index) => {
      const sentenceIndex = words.sentenceOf(index);
      return { sentence: order[sentenceIndex], wordIndex: index - words.firstOf(sentenceIndex) };
    };
    return this.#textPane.rangeOf(position(first), position(last));
  }

  /**
   * @param {string} name
   * @param {(Range | null)[]} ranges
   */
  #set(name, ranges) {
    const before = this.#ranges.get(name) ?? [];
    const known = ranges.filter((range) => range !== null);
    if (before.length === 0 && known.length === 0) return;
    const highlight = CSS.highlights.get(name) ?? new Highlight();
    const priority = PRIORITIES.indexOf(name);
    if (highlight.priority !== priority) highlight.priority = priority;
    for (const range of before) highlight.delete(range);
    for (const range of known) highlight.add(range);
    this.#ranges.set(name, known);
    if (highlight.size) CSS.highlights.set(name, highlight);
    else CSS.highlights.delete(name);
  }
}
