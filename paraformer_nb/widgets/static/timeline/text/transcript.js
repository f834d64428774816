// The words as running text: a paragraph for each stretch of speech, an element a sentence, so that a new
// word costs one sentence and the layout of one paragraph however long the transcript is.

import { make, setText } from "./dom.js";
import { isDoubtful } from "../run/words.js";
import { emptyText, separatorBefore } from "./text.js";
import { offsetIn, placeAt, rangeIn } from "./text_places.js";

/** @import { Store } from "../run/store.js" */
/** @import { Sentence, Word } from "../run/words.js" */

const PAUSE_SECONDS = 2.5; // of silence, after which a new paragraph begins
const MOST_SENTENCES = 8; // in a paragraph

export class Transcript {
  /** @type {Map<number, HTMLElement>} */
  #elements = new Map();
  /** @type {WeakMap<HTMLElement, Sentence>} what each element shows */
  #sentences = new WeakMap();
  /** @type {Set<HTMLElement>} kept, because looking for them costs as much as the text is long */
  #unsettled = new Set();
  #box;
  #empty;

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#box = make("div", "pnb-text", parent);
    this.#box.tabIndex = 0;
    this.#box.setAttribute("role", "region");
    this.#box.setAttribute("aria-label", "Transcript");
    this.#empty = make("p", "pnb-empty", this.#box);
  }

  /** The element that scrolls. */
  get box() {
    return this.#box;
  }

  /**
   * Brings the text up to date.
   * @param {Store} store
   * @param {Set<number> | null} ids of what changed; null: anything may have
   */
  show(store, ids) {
    for (const id of ids ?? this.#elements.keys()) if (!store.sentences.has(id)) this.#remove(id);
    for (const place of ids ? placesOf(store, ids) : store.order.keys()) this.#put(store.order, place);
    this.#empty.hidden = store.words.count > 0;
    setText(this.#empty, emptyText(store.run?.state ?? "connecting"));
  }

  /**
   * Words of a sentence as a range of the text, or null where they are not in it.
   * @param {Sentence} sentence
   * @param {number} place
   * @param {number} count
   */
  rangeOf(sentence, place, count) {
    const element = this.#elements.get(sentence.id);
    const isCurrent = element && this.#sentences.get(element) === sentence;
    return isCurrent ? rangeIn(element, sentence.words, place, count) : null;
  }

  /**
   * Brings a range into the box, leaving the page where it is.
   * @param {Range} range
   */
  scrollTo(range) {
    const [inner, outer] = [range.getBoundingClientRect(), this.#box.getBoundingClientRect()];
    const above = inner.top - outer.top - this.#box.clientTop;
    const isOff = above < 0 || above + inner.height > this.#box.clientHeight;
    if (isOff) this.#box.scrollTop += above - (this.#box.clientHeight - inner.height) / 3;
  }

  /**
   * Calls back with the word that was clicked on.
   * @param {(sentence: number, place: number) => void} callback
   */
  onWord(callback) {
    this.#box.addEventListener("click", (event) => {
      if (document.getSelection()?.type === "Range") return; // text was marked, to be copied
      const caret = document.caretPositionFromPoint?.(event.clientX, event.clientY);
      const element = caret?.offsetNode.parentElement?.closest(".pnb-settled, .pnb-unsettled");
      const sentence = element instanceof HTMLElement && this.#sentences.get(element);
      if (!caret || !sentence) return;
      const place = placeAt(sentence.words, offsetIn(element, caret.offsetNode, caret.offset));
      const range = place < 0 ? null : rangeIn(element, sentence.words, place, 1);
      if (range && isWithin(range, event)) callback(sentence.id, place); // and not the empty end of a line
    });
  }

  /** The paragraphs that still change: those with an unsettled sentence in them. */
  get unsettledParagraphs() {
    const parents = [...this.#unsettled].map((element) => element.parentElement);
    return [...new Set(parents)].filter((paragraph) => paragraph !== null);
  }

  /** @param {number} id */
  #remove(id) {
    const element = this.#elements.get(id);
    const paragraph = element?.parentElement;
    element?.remove();
    if (paragraph?.childElementCount === 0) paragraph.remove();
    this.#elements.delete(id);
    if (element) this.#unsettled.delete(element);
  }

  /**
   * @param {Sentence[]} order
   * @param {number} place
   */
  #put(order, place) {
    const sentence = order[place];
    let before = place - 1;
    while (before >= 0 && !this.#elements.has(order[before].id)) before--;
    const previous = this.#elements.get(order[before]?.id);
    let element = this.#elements.get(sentence.id);
    if (element && this.#previousOf(element) !== previous) {
      this.#remove(sentence.id);
      element = undefined;
    }
    if (!element) {
      element = document.createElement("span");
      this.#insert(element, previous, before < 0 ? Infinity : sentence.start - order[before].end);
      this.#elements.set(sentence.id, element);
    }
    writeSentence(element, sentence);
    this.#sentences.set(element, sentence);
    if (sentence.is_final) this.#unsettled.delete(element);
    else this.#unsettled.add(element);
  }

  /**
   * @param {HTMLElement} element
   * @param {HTMLElement | undefined} previous
   * @param {number} pause before it
   */
  #insert(element, previous, pause) {
    const paragraph = previous?.parentElement;
    const isLast = previous && !previous.nextElementSibling;
    if (!paragraph || (isLast && (pause >= PAUSE_SECONDS || paragraph.childElementCount >= MOST_SENTENCES))) {
      const fresh = document.createElement("p");
      fresh.dir = "auto";
      (paragraph ?? this.#empty).after(fresh);
      fresh.append(element);
    } else previous.after(element);
  }

  /** @param {HTMLElement} element */
  #previousOf(element) {
    const previous = element.previousElementSibling ?? element.parentElement?.previousElementSibling?.lastElementChild;
    return previous instanceof HTMLElement ? previous : undefined;
  }
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
 * Where sentences stand in the order, ascending: each is put after the one before it.
 * @param {Store} store
 * @param {Set<number>} ids
 */
function placesOf({ order, sentences }, ids) {
  const places = [...ids].map((id) => order.lastIndexOf(/** @type {Sentence} */ (sentences.get(id))));
  return places.filter((place) => place >= 0).sort((a, b) => a - b);
}

/**
 * Settled words that are sure are plain text; each other word is an element of its own.
 * @param {HTMLElement} element
 * @param {Sentence} sentence
 */
function writeSentence(element, { words, is_final }) {
  element.className = is_final ? "pnb-settled" : "pnb-unsettled";
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  let plain = separatorBefore(words);
  words.forEach((word, i) => {
    if (i > 0 && word[5]) plain += " ";
    if (is_final && !isDoubtful(word)) plain += word[0] + word[1];
    else {
      parts.push(plain, writeWord(word));
      plain = "";
    }
  });
  element.replaceChildren(...[...parts, plain].filter((part) => part !== ""));
}

/** @param {Word} word */
function writeWord(word) {
  const element = document.createElement("span");
  element.textContent = word[0] + word[1];
  element.className = "pnb-word";
  if (isDoubtful(word)) {
    element.className = "pnb-word pnb-doubtful";
    element.title = `Doubtful: confidence ${word[4]?.toFixed(2)}`;
  }
  return element;
}
