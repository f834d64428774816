// The picture and the minimap in one view: two canvases, the window they share, and what lies where.

import { make } from "../text/dom.js";
import { edgeAt, heardAt, isDense, wordAt } from "../run/hits.js";
import { Ruler } from "./labels.js";
import { Minimap, wholeOf } from "./minimap.js";
import { drawPicture, rowsOf } from "./picture.js";
import { timeToX, xToTime } from "../run/scale.js";
import { Surface } from "./surface.js";
import { describePicture } from "../text/text.js";
import { movedTo, windowOf, zoomedAbout } from "./viewport.js";

/** @import { TimeWindow } from "../run/scale.js" */
/** @import { Session } from "../session.js" */
/** @import { Spectrogram } from "./spectrogram.js" */
/** @import { Theme } from "./theme.js" */
/** @import { Choice, Scene } from "./viewport.js" */
/** @typedef {{ part: "axis" | "wave" | "word", time: number, index: number, edge: "start" | "end" | null }} Hit */

const GLIDE = 0.3; // of the way to where the window should be, each frame
const PAGE_AT = 0.92; // of the window: a playhead that comes this far turns the page
const PAGE_TO = 0.08;
const MARGIN = 0.1; // of the window, kept about what is brought on view

export class Stage {
  /** @type {TimeWindow} */
  shown = { start: 0, span: 1 };
  /** The focused word while an edge of it is dragged, where it would come to lie. @type {{ start: number, end: number } | null} */
  draft = null;
  #session;
  #spectrogram;
  #canvas;
  #strip;
  #picture;
  #minimap;
  #whole;
  #ruler = new Ruler();
  #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #isPlaced = false;
  #pagedFrom = NaN;

  /**
   * @param {Session} session
   * @param {Spectrogram} spectrogram
   * @param {HTMLElement} parent
   * @param {() => void} onResize
   */
  constructor(session, spectrogram, parent, onResize) {
    this.#session = session;
    this.#spectrogram = spectrogram;
    this.box = make("div", "pnb-stage", parent);
    this.#canvas = make("canvas", "pnb-picture", this.box);
    this.#canvas.setAttribute("role", "img");
    this.#strip = make("canvas", "pnb-minimap", parent);
    this.#strip.setAttribute("aria-hidden", "true"); // the keys do all that it does
    this.#picture = new Surface(this.#canvas, onResize);
    this.#minimap = new Surface(this.#strip, onResize);
    this.#whole = new Minimap(() => session.notify());
  }

  get canvas() {
    return this.#canvas;
  }

  get strip() {
    return this.#strip;
  }

  get width() {
    return this.#picture.width;
  }

  /**
   * Draws; says whether the window is still on its way.
   * @param {Theme} theme
   */
  draw(theme) {
    if (this.#picture.width === 0) return false;
    this.#turnPage();
    const isMoving = this.#place();
    const { store, cursor, playback } = this.#session;
    const marks = {
      selection: cursor.selection,
      playhead: cursor.playhead,
      focus: cursor.placeIn(store)?.index ?? -1,
      heard: playback.isPlaying ? heardAt(store.words, cursor.playhead) : -1,
      found: cursor.found.matches,
      draft: this.draft,
    };
    const spectrogram = this.#spectrogram.imageFor(this.shown, this.#picture);
    drawPicture(this.#picture.begin(), this.#picture, store, this.shown, theme, this.#ruler, marks, spectrogram);
    this.#whole.draw(this.#minimap.begin(), this.#minimap, store, this.shown, theme, marks);
    const label = store.run ? describePicture(store.run, store.words.count, this.#target) : "Timeline";
    const isAtRest = !isMoving && !playback.isPlaying;
    if (isAtRest || !this.#canvas.hasAttribute("aria-label")) this.#canvas.setAttribute("aria-label", label);
    return isMoving;
  }

  // ------------------------------------------------------------------------------------------ what lies where

  /** @param {number} x pixels of the picture */
  timeAt(x) {
    const { start, end } = this.#session.store.extent;
    return Math.min(end, Math.max(start, xToTime(this.shown, this.#picture.width, x)));
  }

  /** @param {number} time */
  xAt(time) {
    return timeToX(this.shown, this.#picture.width, time);
  }

  /** @param {number} x pixels of the minimap */
  minimapTimeAt(x) {
    return xToTime(wholeOf(this.#session.store, this.shown), this.#minimap.width, x);
  }

  /** Where the word blocks lie, from the picture's top. */
  get wordRow() {
    return rowsOf(this.#picture.height).words;
  }

  /**
   * What is at a place of the picture. Only the focused word's edges can be taken hold of.
   * @param {number} x
   * @param {number} y
   * @returns {Hit}
   */
  hit(x, y) {
    const { store, cursor } = this.#session;
    const rows = rowsOf(this.#picture.height);
    const [time, width] = [this.timeAt(x), this.#picture.width];
    if (y >= rows.axis) return { part: "axis", time, index: -1, edge: null };
    const isInRow = y >= rows.words.top && y <= rows.words.top + rows.words.height;
    if (!isInRow || isDense(store.words, this.shown, width)) return { part: "wave", time, index: -1, edge: null };
    const focus = cursor.placeIn(store)?.index ?? -1;
    const edge = focus < 0 ? null : edgeAt(store.words, focus, this.shown, width, x);
    if (edge) return { part: "word", time, index: focus, edge };
    const index = wordAt(store.words, this.shown, width, x);
    return { part: index < 0 ? "wave" : "word", time, index, edge: null };
  }

  // --------------------------------------------------------------------------------------- moving the window

  /** @param {number} factor below 1: in; about the middle, and without leaving off to follow */
  zoom(factor) {
    const { follow } = this.#session.choice;
    this.#choose({ ...this.#zoomed(factor, this.#picture.width / 2), follow });
  }

  /**
   * @param {number} factor
   * @param {number} x where time stays in its place
   */
  zoomAt(factor, x) {
    this.#choose(this.#zoomed(factor, x));
  }

  /** The whole clip, or what fits best again. */
  fit() {
    const { start, end } = this.#session.store.extent;
    const isWhole = this.shown.span >= end - start - 1e-6;
    this.#choose(isWhole ? { start: this.shown.start, span: null, follow: false } : { start, span: end - start, follow: false });
  }

  toggleFollow() {
    const { choice } = this.#session;
    this.#choose({ ...choice, start: this.shown.start, span: choice.span ?? this.shown.span, follow: !choice.follow });
  }

  /** @param {number} start */
  moveTo(start) {
    this.#choose(movedTo(this.#session.choice, this.#target, this.#scene, start));
  }

  /**
   * Moves on from where the window is bound for: two moves may come before one frame.
   * @param {number} pixels of the picture
   */
  pan(pixels) {
    const { start, span } = this.#target;
    this.moveTo(start + (pixels * span) / this.#picture.width);
  }

  /**
   * Brings a stretch on view, moving no further than needed.
   * @param {number} from
   * @param {number} [to]
   */
  reveal(from, to = from) {
    const { start, span } = this.#target;
    const margin = MARGIN * span;
    if (from >= start + margin / 2 && to <= start + span - margin / 2) return;
    const isFar = to < start - span || from > start + 2 * span;
    if (isFar || to - from > span - 2 * margin) this.moveTo(from - (isFar ? span / 3 : margin));
    else this.moveTo(from < start + margin ? from - margin : to + margin - span);
  }

  dispose() {
    this.#picture.dispose();
    this.#minimap.dispose();
    this.#whole.dispose();
  }

  /** @returns {Scene} */
  get #scene() {
    const { store } = this.#session;
    const duration = store.run?.duration ?? null;
    return { extent: store.extent, isEndKnown: duration !== null, newest: (span) => store.newest(span) };
  }

  get #target() {
    return windowOf(this.#session.choice, this.#scene, this.#picture.width);
  }

  /** While playing, the window goes on with the playhead, unless a person looks elsewhere. */
  #turnPage() {
    const { cursor, playback, choice } = this.#session;
    if (!playback.isPlaying || this.#picture.width === 0) return;
    const { start, span } = this.#target;
    const way = (cursor.playhead - start) / span;
    const wasOnView = this.#pagedFrom >= start && this.#pagedFrom <= start + span;
    this.#pagedFrom = cursor.playhead;
    if (way < PAGE_AT || way > 1.2 || !wasOnView || start + span >= this.#session.store.extent.end - 1e-6) return;
    this.#session.choice = { ...movedTo(choice, { start, span }, this.#scene, cursor.playhead - PAGE_TO * span), span };
  }

  /** Takes the window towards where it should be; one that follows or turns a page glides there. */
  #place() {
    const target = this.#target;
    const { choice, playback } = this.#session;
    const way = target.start - this.shown.start;
    const isNear = this.#isPlaced && target.span === this.shown.span && Math.abs(way) < target.span;
    const isGliding = isNear && (choice.follow || playback.isPlaying) && !this.#calm.matches;
    const pixel = target.span / this.#picture.width;
    this.#isPlaced = true;
    if (!isGliding || Math.abs(way) < pixel / 2) {
      this.shown = target;
      return false;
    }
    this.shown = { start: this.shown.start + way * GLIDE, span: target.span };
    return true;
  }

  /**
   * @param {number} factor
   * @param {number} x
   */
  #zoomed(factor, x) {
    const { width } = this.#picture;
    return zoomedAbout(this.#target, this.#scene, width, factor, xToTime(this.#target, width, x));
  }

  /** @param {Choice} choice */
  #choose(choice) {
    this.#session.choice = choice;
    this.#session.notify();
  }
}
