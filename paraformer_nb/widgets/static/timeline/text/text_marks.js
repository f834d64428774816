// What is heard and what was found, marked in the running text. The browser's own highlights: no element
// changes, however long the text is.

import { heardAt } from "../run/hits.js";

/** @import { Session } from "../session.js" */
/** @import { Transcript } from "./transcript.js" */

const MOST_FOUND = 500; // ranges; more would be a wall of colour, and slow
let views = 0;

export class TextMarks {
  #session;
  #transcript;
  #heard = -1;
  #foundKey = "";
  #names;
  #style;

  /**
   * @param {Session} session
   * @param {Transcript} transcript
   * @param {HTMLElement} root
   */
  constructor(session, transcript, root) {
    this.#session = session;
    this.#transcript = transcript;
    const id = ++views;
    this.#names = { heard: `pnb-heard-${id}`, found: `pnb-found-${id}`, current: `pnb-current-${id}` };
    this.#style = document.createElement("style"); // a name a view, so that two do not take each other's marks
    this.#style.textContent = `
      ::highlight(${this.#names.found}) { background-color: var(--pnb-found); color: var(--pnb-ink); }
      ::highlight(${this.#names.current}) { background-color: var(--pnb-doubt); color: var(--pnb-paper); }
      ::highlight(${this.#names.heard}) { background-color: var(--pnb-brand); color: var(--pnb-paper); }`;
    root.append(this.#style);
  }

  /** @param {boolean} isTextNew */
  update(isTextNew) {
    if (!("highlights" in CSS)) return; // an old browser: the picture shows it
    const { cursor, playback, store } = this.#session;
    const heard = playback.isPlaying ? heardAt(store.words, cursor.playhead) : -1;
    if (heard !== this.#heard || isTextNew) this.#light(heard);
    const { text, matches, current } = cursor.found;
    const key = `${text} ${matches.length} ${current}`;
    if (key !== this.#foundKey || isTextNew) this.#mark(key);
  }

  dispose() {
    if ("highlights" in CSS) for (const name of Object.values(this.#names)) CSS.highlights.delete(name);
    this.#style.remove();
  }

  /** @param {number} heard */
  #light(heard) {
    const hasMoved = heard !== this.#heard;
    this.#heard = heard;
    const { words, order } = this.#session.store;
    const at = heard < 0 ? -1 : words.sentenceOf(heard);
    const range = at < 0 ? null : this.#transcript.rangeOf(order[at], heard - words.firstOf(at), 1);
    this.#set(this.#names.heard, range ? [range] : []);
    if (range && hasMoved) this.#transcript.scrollTo(range);
  }

  /** @param {string} key */
  #mark(key) {
    const hasMoved = key !== this.#foundKey;
    this.#foundKey = key;
    const { matches, current } = this.#session.cursor.found;
    const { sentences } = this.#session.store;
    const ranges = matches.slice(0, MOST_FOUND).map(({ sentence, place, count }) => {
      const its = sentences.get(sentence);
      return its ? this.#transcript.rangeOf(its, place, count) : null;
    });
    this.#set(this.#names.found, ranges.filter((range, i) => range && i !== current));
    const now = ranges[current] ?? null;
    this.#set(this.#names.current, now ? [now] : []);
    if (now && hasMoved) this.#transcript.scrollTo(now);
  }

  /**
   * @param {string} name
   * @param {(Range | null)[]} ranges
   */
  #set(name, ranges) {
    const known = ranges.filter((range) => range !== null);
    if (known.length) CSS.highlights.set(name, new Highlight(...known));
    else CSS.highlights.delete(name);
  }
}
