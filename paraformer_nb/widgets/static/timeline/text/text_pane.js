// The transcript as text: a row for each sentence, with its time and speaker, so that a new word costs one sentence and
// the layout of one row however long the text is.

import { make, setAttribute, setHidden, setText } from "../dom/elements.js";
import { clock } from "../model/scale.js";
import { isDoubtful } from "../model/words.js";
import { emptyText } from "./text.js";
import { RowGroups } from "./row_groups.js";
import { offsetIn, rangeIn, wordAtOffset, wordBetween } from "./text_ranges.js";
import { translate } from "../model/language.js";

/** @import { Word } from "../messages.js" */
/** @import { Transcript } from "../model/transcript.js" */
/** @import { Sentence } from "../model/words.js" */
/** @typedef {{ sentence: Sentence, wordIndex: number }} WordPosition */

const HOUR = 3600; // seconds
const LINE = 26; // pixels, of the style sheet
const SLIVER = 8; // pixels of a row that do not count as on view

export class TextPane {
  /** @type {Map<number, HTMLElement>} by the sentence's id */
  #elements = new Map();
  /** @type {WeakMap<HTMLElement, Sentence>} what each element shows */
  #sentences = new WeakMap();
  /** @type {Set<HTMLElement>} of partial sentences; kept, because searching costs as much as the text is long */
  #partials = new Set();
  #outer;
  #box;
  #empty;
  #rows;

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#outer = make("div", "pnb-reading", parent);
    this.#box = make("div", "pnb-text", this.#outer);
    this.#box.tabIndex = 0;
    this.#box.setAttribute("role", "region");
    this.#box.setAttribute("aria-label", translate("Transcript"));
    this.#empty = make("p", "pnb-empty", this.#box);
    this.#rows = new RowGroups(this.#box);
  }

  /** The element around it, in which a field can lie over a word. */
  get outer() {
    return this.#outer;
  }

  /** The element that scrolls. */
  get box() {
    return this.#box;
  }

  /**
   * Brings the text up to date.
   * @param {Transcript} transcript
   * @param {Set<number> | null} ids of what changed; null: anything may have
   */
  show(transcript, ids) {
    for (const id of ids ?? this.#elements.keys()) if (!transcript.sentences.has(id)) this.#remove(id);
    for (const index of ids ? indexesOf(transcript, ids) : transcript.order.keys()) this.#put(transcript.order, index);
    this.#box.classList.toggle("pnb-hours", Math.round(transcript.order.at(-1)?.start ?? 0) >= HOUR);
    setHidden(this.#empty, transcript.words.count > 0);
    setText(this.#empty, emptyText(transcript.run?.state ?? "connecting"));
  }

  /**
   * The range from a word to the end of another, or null where the text does not hold them.
   * @param {WordPosition} first
   * @param {WordPosition} last
   */
  rangeOf(first, last) {
    const range = this.#rangeOfWord(first);
    if (first.sentence === last.sentence && first.wordIndex === last.wordIndex) return range;
    const end = this.#rangeOfWord(last);
    if (!range || !end) return null;
    range.setEnd(end.endContainer, end.endOffset);
    return range;
  }

  /** @param {WordPosition} position */
  #rangeOfWord({ sentence, wordIndex }) {
    const element = this.#elements.get(sentence.id);
    const isCurrent = element && this.#sentences.get(element) === sentence;
    return isCurrent ? rangeIn(element, sentence, wordIndex) : null;
  }

  /**
   * Scrolls to a sentence, unless it is on view.
   * @param {number} id
   */
  revealSentence(id) {
    const row = this.#elements.get(id)?.parentElement;
    if (!row) return;
    this.#rows.layOut(row);
    const { top, bottom } = row.getBoundingClientRect();
    const edge = this.#edge;
    if (top < edge || bottom > edge + this.#box.clientHeight) this.#box.scrollTop += top - edge;
  }

  /** Where in the window the part of the text that is on view begins, in pixels. */
  get #edge() {
    return this.#box.getBoundingClientRect().top + this.#box.clientTop;
  }

  scrollToEnd() {
    this.#rows.layOut(null);
    this.#box.scrollTop = this.#box.scrollHeight;
  }

  /** The first sentence that is on view. */
  get firstOnView() {
    const element = this.#rows.firstBelow(this.#edge + SLIVER)?.lastElementChild;
    return element instanceof HTMLElement ? this.#sentences.get(element) : undefined;
  }

  /**
   * Calls back with the first and the last word of a text that a person selected.
   * @param {(first: WordPosition, last: WordPosition) => void} callback
   */
  onSelect(callback) {
    this.#box.addEventListener("mouseup", () => {
      const selection = document.getSelection();
      if (selection?.type !== "Range") return;
      const { startContainer, startOffset, endContainer, endOffset } = selection.getRangeAt(0);
      const first = this.#wordAt(startContainer, startOffset, true);
      const last = this.#wordAt(endContainer, endOffset, false);
      if (first && last) callback(first, last);
    });
  }

  /**
   * @param {Node} node
   * @param {number} offset
   * @param {boolean} isStart of a selection
   * @returns {WordPosition | null}
   */
  #wordAt(node, offset, isStart) {
    const element = node.parentElement?.closest(".pnb-final, .pnb-partial");
    const sentence = element instanceof HTMLElement && this.#sentences.get(element);
    if (!sentence) return null;
    const wordIndex = wordBetween(sentence, offsetIn(element, node, offset), isStart);
    return wordIndex < 0 ? null : { sentence, wordIndex };
  }

  /**
   * Calls back with the sentence whose time was clicked.
   * @param {(sentence: number) => void} callback
   */
  onTime(callback) {
    this.#box.addEventListener("click", ({ target }) => {
      const element = target instanceof HTMLElement && target.matches(".pnb-at") && target.nextElementSibling;
      const sentence = element instanceof HTMLElement && this.#sentences.get(element);
      if (sentence) callback(sentence.id);
    });
  }

  /** Selects the whole text, to be copied. */
  selectAll() {
    this.#box.focus({ preventScroll: true });
    document.getSelection()?.selectAllChildren(this.#box);
  }

  /**
   * Scrolls a range into the box, without scrolling the page, and by whole lines: half a line is hard to read.
   * @param {Range} range
   */
  scrollTo(range) {
    const row = range.startContainer.parentElement?.closest(".pnb-line");
    if (!row) return;
    this.#rows.layOut(row);
    const [word, edge] = [range.getBoundingClientRect(), this.#edge];
    const { clientHeight } = this.#box;
    if (word.top >= edge && word.bottom <= edge + clientHeight) return;
    const rowTop = row.getBoundingClientRect().top;
    const above = Math.floor((word.top - rowTop) / LINE) - Math.floor((clientHeight - word.height) / 3 / LINE); // lines
    this.#box.scrollTop += rowTop - edge + above * LINE;
  }

  /**
   * Calls back with the word that was clicked.
   * @param {(event: MouseEvent, sentence: number, wordIndex: number) => void} callback
   */
  onWord(callback) {
    this.#box.addEventListener("mousedown", (event) => {
      if (event.detail > 1) event.preventDefault(); // a double click corrects the word: it does not select it
    });
    this.#box.addEventListener("click", (event) => {
      if (document.getSelection()?.type === "Range") return; // text was selected, to be copied
      const caret = caretAt(event.clientX, event.clientY);
      const element = caret?.node.parentElement?.closest(".pnb-final, .pnb-partial");
      const sentence = element instanceof HTMLElement && this.#sentences.get(element);
      if (!caret || !sentence) return;
      const index = wordAtOffset(sentence, offsetIn(element, caret.node, caret.offset));
      const range = index < 0 ? null : rangeIn(element, sentence, index);
      if (range && isWithin(range, event)) callback(event, sentence.id, index); // and not the empty end of a line
    });
  }

  /** The paragraphs that have a partial sentence. */
  get partialParagraphs() {
    const parents = [...this.#partials].map((element) => element.parentElement);
    return [...new Set(parents)].filter((paragraph) => paragraph !== null);
  }

  /** @param {number} id */
  #remove(id) {
    const element = this.#elements.get(id);
    this.#elements.delete(id);
    if (!element) return;
    this.#rows.remove(rowOf(element));
    this.#partials.delete(element);
  }

  /**
   * @param {Sentence[]} order
   * @param {number} index
   */
  #put(order, index) {
    const sentence = order[index];
    let before = index - 1;
    while (before >= 0 && !this.#elements.has(order[before].id)) before--;
    const previous = this.#elements.get(order[before]?.id);
    const element = this.#elements.get(sentence.id) ?? makeRow();
    const row = rowOf(element);
    this.#rows.put(row, previous ? rowOf(previous) : null);
    this.#elements.set(sentence.id, element);
    writeTime(/** @type {HTMLElement} */ (row.firstElementChild), sentence);
    writeSentence(element, sentence);
    this.#sentences.set(element, sentence);
    if (sentence.is_final) this.#partials.delete(element);
    else this.#partials.add(element);
  }
}

/** @param {HTMLElement} element with a sentence's words */
function rowOf(element) {
  return /** @type {HTMLElement} */ (element.parentElement);
}

/** Makes a row with the time of a sentence; returns the element for its words. */
function makeRow() {
  const row = document.createElement("p");
  row.className = "pnb-line";
  const time = make("button", "pnb-at", row);
  time.type = "button";
  time.tabIndex = -1; // keys go from sentence to sentence
  const element = make("span", "", row);
  element.dir = "auto";
  return element;
}

/**
 * Writes a sentence's time and speaker, which are no part of the text that is selected and copied.
 * @param {HTMLElement} button
 * @param {Sentence} sentence
 */
function writeTime(button, { start, speaker = "" }) {
  setAttribute(button, "data-time", clock(start, 0));
  setAttribute(button, "data-speaker", speaker);
  setAttribute(button, "aria-label", speaker ? translate("Go to {0}, speaker {1}", clock(start, 0), speaker) : translate("Go to {0}", clock(start, 0)));
}

/**
 * The point of the text under a point of the window.
 * @param {number} x
 * @param {number} y
 * @returns {{ node: Node, offset: number } | null}
 */
function caretAt(x, y) {
  const caret = document.caretPositionFromPoint?.(x, y);
  if (caret) return { node: caret.offsetNode, offset: caret.offset };
  const range = document.caretRangeFromPoint?.(x, y); // WebKit's older name, and before Chrome 128
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}

/**
 * @param {Range} range
 * @param {MouseEvent} event
 */
function isWithin(range, { clientX, clientY }) {
  return [...range.getClientRects()].some(
    ({ left, right, top, bottom }) => clientX >= left && clientX <= right && clientY >= top && clientY <= bottom,
  );
}

/**
 * The indexes of sentences in the order, ascending: each is put after the one before it.
 * @param {Transcript} transcript
 * @param {Set<number>} ids
 */
function indexesOf({ order, sentences }, ids) {
  const indexes = [...ids].map((id) => order.lastIndexOf(/** @type {Sentence} */ (sentences.get(id))));
  return indexes.filter((index) => index >= 0).sort((a, b) => a - b);
}

/**
 * Writes a sentence. Words of final sentences are plain text unless they are doubtful; all others are elements.
 * @param {HTMLElement} element
 * @param {Sentence} sentence
 */
function writeSentence(element, { separator, words, is_final }) {
  element.className = is_final ? "pnb-final" : "pnb-partial";
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  let plain = separator;
  for (const word of words) {
    plain += word.separator;
    if (is_final && !isDoubtful(word)) plain += word.text + word.punctuation;
    else {
      parts.push(plain, writeWord(word));
      plain = "";
    }
  }
  element.replaceChildren(...[...parts, plain].filter((part) => part !== ""));
}

/** @param {Word} word */
function writeWord(word) {
  const element = document.createElement("span");
  element.textContent = word.text + word.punctuation;
  element.className = "pnb-word";
  if (isDoubtful(word)) {
    element.className = "pnb-word pnb-doubtful";
    element.title = translate("Doubtful: confidence {0}", word.confidence?.toFixed(2) ?? "");
  }
  return element;
}
