// The picture and the minimap of a view: two canvases, the window on view, and what is where in it.

import { make } from "../dom/elements.js";
import { edgeAt, isDense, spokenAt, wordAt } from "../model/hits.js";
import { Ruler } from "./labels.js";
import { Minimap, wholeOf } from "./minimap.js";
import { drawPicture, rowsOf } from "./picture.js";
import { timeToX, xToTime } from "../model/scale.js";
import { Surface } from "./surface.js";
import { describePicture } from "../text/text.js";
import { movedTo, windowOf, zoomedAbout } from "./viewport.js";

/** @import { TimeWindow } from "../model/scale.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { Spectrogram } from "./spectrogram.js" */
/** @import { Theme } from "./theme.js" */
/** @import { Choice, Scene } from "./viewport.js" */
/** @typedef {{ part: "axis" | "wave" | "word", time: number, index: number, edge: "start" | "end" | null }} Hit */

const GLIDE = 0.3; // of the way to where the window should be, each frame
const PAGE_AT = 0.92; // of the window: a playhead that gets this far turns the page
const PAGE_TO = 0.08;
const MARGIN = 0.1; // of the window, kept around what is brought on view

export class Stage {
  /** @type {TimeWindow} */
  shown = { start: 0, span: 1 };
  /** The span of the focused word while an edge of it is dragged. @type {{ start: number, end: number } | null} */
  draft = null;
  #runModel;
  #spectrogram;
  #canvas;
  #strip;
  #picture;
  #minimap;
  #whole;
  #ruler = new Ruler();
  #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #hasWindow = false;
  #pagedFrom = NaN;

  /**
   * @param {RunModel} runModel
   * @param {Spectrogram} spectrogram
   * @param {HTMLElement} parent
   * @param {() => void} onResize
   */
  constructor(runModel, spectrogram, parent, onResize) {
    this.#runModel = runModel;
    this.#spectrogram = spectrogram;
    this.box = make("div", "pnb-stage", parent);
    this.#canvas = make("canvas", "pnb-picture", this.box);
    this.#canvas.setAttribute("role", "img");
    this.#strip = make("canvas", "pnb-minimap", parent);
    this.#strip.setAttribute("aria-hidden", "true"); // keys can do all that it does
    this.#picture = new Surface(this.#canvas, onResize);
    this.#minimap = new Surface(this.#strip, onResize);
    this.#whole = new Minimap(() => runModel.notify());
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
   * Draws. Returns whether the window is still moving.
   * @param {Theme} theme
   */
  draw(theme) {
    if (this.#picture.width === 0) return false;
    this.#turnPage();
    const isMoving = this.#moveWindow();
    const { transcript, cursor, playback } = this.#runModel;
    const marks = {
      selection: cursor.selection,
      playhead: cursor.playhead,
      focus: cursor.focusedWord(transcript)?.index ?? -1,
      spoken: playback.isPlaying ? spokenAt(transcript.words, cursor.playhead) : -1,
      found: cursor.found.matches,
      draft: this.draft,
    };
    const spectrogram = this.#spectrogram.imageFor(this.shown, this.#picture);
    drawPicture(this.#picture.begin(), this.#picture, transcript, this.shown, theme, this.#ruler, marks, spectrogram);
    this.#whole.draw(this.#minimap.begin(), this.#minimap, transcript, this.shown, theme, marks);
    const label = transcript.run ? describePicture(transcript.run, transcript.words.count, this.#target) : "Timeline";
    const isAtRest = !isMoving && !playback.isPlaying;
    if (isAtRest || !this.#canvas.hasAttribute("aria-label")) this.#canvas.setAttribute("aria-label", label);
    return isMoving;
  }

  // ------------------------------------------------------------------------------------------ what is where

  /** @param {number} x pixels of the picture */
  timeAt(x) {
    const { start, end } = this.#runModel.transcript.extent;
    return Math.min(end, Math.max(start, xToTime(this.shown, this.#picture.width, x)));
  }

  /** @param {number} time */
  xAt(time) {
    return timeToX(this.shown, this.#picture.width, time);
  }

  /** @param {number} x pixels of the minimap */
  minimapTimeAt(x) {
    return xToTime(wholeOf(this.#runModel.transcript, this.shown), this.#minimap.width, x);
  }

  /** The row of the word blocks, from the picture's top. */
  get wordRow() {
    return rowsOf(this.#picture.height).words;
  }

  /**
   * What is at a point of the picture. Only the focused word's edges can be dragged.
   * @param {number} x
   * @param {number} y
   * @returns {Hit}
   */
  hit(x, y) {
    const { transcript, cursor } = this.#runModel;
    const rows = rowsOf(this.#picture.height);
    const [time, width] = [this.timeAt(x), this.#picture.width];
    if (y >= rows.axis) return { part: "axis", time, index: -1, edge: null };
    const isInRow = y >= rows.words.top && y <= rows.words.top + rows.words.height;
    if (!isInRow || isDense(transcript.words, this.shown, width)) return { part: "wave", time, index: -1, edge: null };
    const focus = cursor.focusedWord(transcript)?.index ?? -1;
    const edge = focus < 0 ? null : edgeAt(transcript.words, focus, this.shown, width, x);
    if (edge) return { part: "word", time, index: focus, edge };
    const index = wordAt(transcript.words, this.shown, width, x);
    return { part: index < 0 ? "wave" : "word", time, index, edge: null };
  }

  // --------------------------------------------------------------------------------------- moving the window

  /** @param {number} factor below 1: in; around the middle, and following continues */
  zoom(factor) {
    const { follow } = this.#runModel.choice;
    this.#choose({ ...this.#zoomed(factor, this.#picture.width / 2), follow });
  }

  /**
   * @param {number} factor
   * @param {number} x whose time stays there
   */
  zoomAt(factor, x) {
    this.#choose(this.#zoomed(factor, x));
  }

  /** Shows the whole clip, or, where that is shown, the natural span. */
  fit() {
    const { start, end } = this.#runModel.transcript.extent;
    const isWhole = this.shown.span >= end - start - 1e-6;
    this.#choose(isWhole ? { start: this.shown.start, span: null, follow: false } : { start, span: end - start, follow: false });
  }

  toggleFollow() {
    const { choice } = this.#runModel;
    this.#choose({ ...choice, start: this.shown.start, span: choice.span ?? this.shown.span, follow: !choice.follow });
  }

  /** @param {number} start */
  moveTo(start) {
    this.#choose(movedTo(this.#runModel.choice, this.#target, this.#scene, start));
  }

  /**
   * Moves the window from where it is going to be: two moves may come before one frame.
   * @param {number} pixels of the picture
   */
  pan(pixels) {
    const { start, span } = this.#target;
    this.moveTo(start + (pixels * span) / this.#picture.width);
  }

  /**
   * Brings a span on view, moving no further than needed.
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
    const { transcript } = this.#runModel;
    const duration = transcript.run?.end ?? null;
    return { extent: transcript.extent, isEndKnown: duration !== null, newest: (span) => transcript.newest(span) };
  }

  get #target() {
    return windowOf(this.#runModel.choice, this.#scene, this.#picture.width);
  }

  /** While playing, the window follows the playhead, unless a person looks elsewhere. */
  #turnPage() {
    const { cursor, playback, choice } = this.#runModel;
    if (!playback.isPlaying || this.#picture.width === 0) return;
    const { start, span } = this.#target;
    const way = (cursor.playhead - start) / span;
    const wasOnView = this.#pagedFrom >= start && this.#pagedFrom <= start + span;
    this.#pagedFrom = cursor.playhead;
    if (way < PAGE_AT || way > 1.2 || !wasOnView || start + span >= this.#runModel.transcript.extent.end - 1e-6) return;
    this.#runModel.choice = { ...movedTo(choice, { start, span }, this.#scene, cursor.playhead - PAGE_TO * span), span };
  }

  /** Moves the window to where it should be; one that follows or turns a page glides. Returns whether it still moves. */
  #moveWindow() {
    const target = this.#target;
    const { choice, playback } = this.#runModel;
    const way = target.start - this.shown.start;
    const isNear = this.#hasWindow && target.span === this.shown.span && Math.abs(way) < target.span;
    const isGliding = isNear && (choice.follow || playback.isPlaying) && !this.#calm.matches;
    const pixel = target.span / this.#picture.width;
    this.#hasWindow = true;
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
    this.#runModel.choice = choice;
    this.#runModel.notify();
  }
}
