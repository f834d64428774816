// The picture and the minimap of a view: two canvases, the window on view, and what is where in it.

import { make, setAttribute } from "../dom/elements.js";
import { edgeAt, gripAt, isDense, spokenAt, wordAt } from "../model/hits.js";
import { Ruler } from "./labels.js";
import { Minimap, wholeOf } from "./minimap.js";
import { drawPicture, rowsOf } from "./picture.js";
import { timeToX, xToTime } from "../model/scale.js";
import { SampleReader } from "./samples.js";
import { Surface } from "./surface.js";
import { withinRange } from "../model/settings.js";
import { describePicture } from "../text/text.js";
import { movedTo, windowOf, zoomedAbout } from "./viewport.js";
import { rowOf } from "./word_layout.js";
import { translate } from "../model/language.js";

/** @import { Tag } from "./draw_regions.js" */
/** @import { Drawn } from "./draw_words.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { RunModel } from "../run_model.js" */
/** @import { Spectrogram } from "./spectrogram.js" */
/** @import { Theme } from "./theme.js" */
/** @import { Scene } from "./viewport.js" */
/** @typedef {{ part: "axis" | "wave" | "word", time: number, index: number, edge: "start" | "end" | null, selected: Grip | null, region: number }} Hit */
/** @typedef {"start" | "end" | "body"} Grip the part of the selection that is dragged */

const GLIDE = 0.3; // of the distance to where the window should be, each frame
const PAGE_AT = 0.92; // of the window: a playhead that gets this far turns the page
const PAGE_TO = 0.08;
const SPAN_MARGIN = 0.05; // of a span that is to fill the window
const MARGIN = 0.1; // of the window, kept around what is brought on view

export class Stage {
  /** @type {TimeWindow} */
  shown = { start: 0, span: 1 };
  /** Where the pointer is over the picture. @type {{ time: number, y: number } | null} */
  hover = null;
  /** The span of the focused word while an edge of it is dragged. @type {{ start: number, end: number } | null} */
  draft = null;
  #runModel;
  #spectrogram;
  #samples;
  #pictureCanvas;
  #pictureSurface;
  #minimapCanvas;
  #minimapSurface;
  #minimap;
  #ruler = new Ruler();
  #reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  #hasWindow = false;
  /** How words and regions were drawn last. @type {Drawn & { tags: Tag[] }} */
  #drawn = { level: "row", labels: [], tags: [] };
  #pagedFrom = NaN;
  /** That of the last drawing; 0 before it. */
  #width = 0;

  /**
   * @param {RunModel} runModel
   * @param {Spectrogram} spectrogram
   * @param {HTMLElement} parent
   * @param {() => void} onResize
   */
  constructor(runModel, spectrogram, parent, onResize) {
    this.#runModel = runModel;
    this.#spectrogram = spectrogram;
    this.#samples = new SampleReader(runModel);
    this.box = make("div", "pnb-stage", parent);
    this.#pictureCanvas = make("canvas", "pnb-picture", this.box);
    this.#pictureCanvas.setAttribute("role", "img");
    this.#minimapCanvas = make("canvas", "pnb-minimap", parent);
    this.#minimapCanvas.setAttribute("aria-hidden", "true"); // keys can do all that it does
    this.#pictureSurface = new Surface(this.#pictureCanvas, onResize);
    this.#minimapSurface = new Surface(this.#minimapCanvas, onResize);
    this.#minimap = new Minimap(() => runModel.notifyViewChange());
  }

  get pictureCanvas() {
    return this.#pictureCanvas;
  }

  get minimapCanvas() {
    return this.#minimapCanvas;
  }

  get width() {
    return this.#pictureSurface.width;
  }

  /**
   * Draws. Returns whether the window is still moving.
   * @param {Theme} theme
   */
  draw(theme) {
    if (this.#pictureSurface.width === 0) return false;
    this.#keepOnView();
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
      hover: this.hover,
      region: cursor.region,
      amplitude: this.#runModel.settings.amplitude,
    };
    const [picture, minimap] = [this.#pictureSurface, this.#minimapSurface];
    this.box.classList.toggle("pnb-with-spectrogram", this.#spectrogram.isOn);
    const spectrogram = this.#spectrogram.imageFor(this.shown, picture);
    const samples = this.#samples.samplesFor(this.shown, picture.width);
    this.#drawn = drawPicture(picture.begin(), picture, transcript, this.shown, theme, this.#ruler, marks, spectrogram, samples);
    this.#minimap.draw(minimap.begin(), minimap, transcript, this.shown, theme, marks);
    const isAtRest = !isMoving && !playback.isPlaying;
    if (isAtRest || !this.#pictureCanvas.hasAttribute("aria-label")) this.#describe();
    return isMoving;
  }

  #describe() {
    const { run, words } = this.#runModel.transcript;
    const label = run ? describePicture(run, words.count, this.#target) : translate("Timeline");
    setAttribute(this.#pictureCanvas, "aria-label", label);
  }

  // ------------------------------------------------------------------------------------------ what is where

  /** @param {number} x pixels of the picture */
  timeAt(x) {
    const { start, end } = this.#runModel.transcript.extent;
    return Math.min(end, Math.max(start, xToTime(this.shown, this.#pictureSurface.width, x)));
  }

  /** @param {number} time */
  xAt(time) {
    return timeToX(this.shown, this.#pictureSurface.width, time);
  }

  /** @param {number} x pixels of the minimap */
  minimapTimeAt(x) {
    return xToTime(wholeOf(this.#runModel.transcript, this.shown), this.#minimapSurface.width, x);
  }

  /**
   * The row of a word's block, from the picture's top.
   * @param {number} index
   */
  rowOf(index) {
    return rowOf(this.#drawn.level, rowsOf(this.#pictureSurface.height).words, index);
  }

  /**
   * What is at a point of the picture. Only the focused word's edges can be dragged.
   * @param {number} x
   * @param {number} y
   * @returns {Hit}
   */
  hit(x, y) {
    const { transcript, cursor } = this.#runModel;
    const rows = rowsOf(this.#pictureSurface.height);
    const [time, width] = [this.timeAt(x), this.#pictureSurface.width];
    const nothing = { time, index: -1, edge: null, selected: null, region: -1 };
    if (y >= rows.axis) return { ...nothing, part: "axis" };
    const isInRow = y >= rows.words.top && y <= rows.words.top + rows.words.height;
    if (!isInRow || isDense(transcript.words, this.shown, width)) {
      const tag = this.#drawn.tags.findLast(({ left, right, bottom }) => x >= left && x <= right && y <= bottom);
      const selected = gripAt(cursor.selection, this.shown, width, x);
      return { ...nothing, part: "wave", selected, region: tag?.index ?? -1 };
    }
    const focus = cursor.focusedWord(transcript)?.index ?? -1;
    const edge = focus < 0 ? null : edgeAt(transcript.words, focus, this.shown, width, x);
    if (edge) return { ...nothing, part: "word", index: focus, edge };
    const index = this.#labelAt(x, y) ?? wordAt(transcript.words, this.shown, width, x);
    return { ...nothing, part: index < 0 ? "wave" : "word", index };
  }

  /**
   * The word whose label in a staggered row is at a point; the block of another word may be there in the other row.
   * @param {number} x
   * @param {number} y
   */
  #labelAt(x, y) {
    return this.#drawn.labels.find(({ index, left, width }) => {
      const { top, height } = this.rowOf(index);
      return y >= top && y <= top + height && x >= left && x <= left + width;
    })?.index;
  }

  // --------------------------------------------------------------------------------------- moving the window

  /** What a person chose to look at. */
  get choice() {
    return this.#runModel.viewportChoice;
  }

  set choice(choice) {
    this.#runModel.viewportChoice = choice;
    this.#runModel.notifyViewChange();
  }

  /** @param {number} factor by which the waveform is drawn larger */
  amplify(factor) {
    this.#runModel.set({ amplitude: withinRange("amplitude", this.#runModel.settings.amplitude * factor) });
  }

  /** @param {number} factor below 1: in; around the playhead where that is on view, and following continues */
  zoom(factor) {
    const { width } = this.#pictureSurface;
    const x = timeToX(this.#target, width, this.#runModel.cursor.playhead);
    const isOnView = x >= 0 && x <= width && !this.choice.follow;
    this.choice = { ...this.#zoomed(factor, isOnView ? x : width / 2), follow: this.choice.follow };
  }

  /**
   * Shows a span with a little around it.
   * @param {number} from
   * @param {number} to
   */
  showSpan(from, to) {
    const margin = SPAN_MARGIN * (to - from);
    this.choice = { start: from - margin, span: to - from + 2 * margin, follow: false };
  }

  /**
   * @param {number} factor
   * @param {number} x whose time stays there
   */
  zoomAt(factor, x) {
    this.choice = this.#zoomed(factor, x);
  }

  /** Shows the whole clip, or, where that is shown, the natural span. */
  fit() {
    const { start, end } = this.#runModel.transcript.extent;
    const isWhole = this.shown.span >= end - start - 1e-6;
    this.choice = isWhole ? { start: this.shown.start, span: null, follow: false } : { start, span: end - start, follow: false };
  }

  /** Follows the newest words, or, where none will come, the playhead. */
  toggleFollow() {
    if (this.#runModel.transcript.run?.has_ended) {
      this.#runModel.set({ followsPlayhead: !this.#runModel.settings.followsPlayhead });
      return;
    }
    const { span, follow } = this.choice;
    this.choice = { start: this.shown.start, span: span ?? this.shown.span, follow: !follow };
  }

  /** @param {number} start */
  moveTo(start) {
    this.choice = movedTo(this.choice, this.#target, this.#scene, start);
  }

  /**
   * Moves the window from where it is going to be: two moves may come before one frame.
   * @param {number} pixels of the picture
   */
  pan(pixels) {
    const { start, span } = this.#target;
    this.moveTo(start + (pixels * span) / this.#pictureSurface.width);
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
    this.#pictureSurface.dispose();
    this.#minimapSurface.dispose();
    this.#minimap.dispose();
    this.#samples.dispose();
  }

  /** @returns {Scene} */
  get #scene() {
    const { transcript } = this.#runModel;
    const duration = transcript.run?.end ?? null;
    return { extent: transcript.extent, isEndKnown: duration !== null, newest: (span) => transcript.newest(span) };
  }

  get #target() {
    return windowOf(this.#runModel.viewportChoice, this.#scene, this.#pictureSurface.width);
  }

  /** A playhead that is on view stays on view where the picture gets another width, and the window another span. */
  #keepOnView() {
    const { width } = this.#pictureSurface;
    const { playhead } = this.#runModel.cursor;
    const { start, span } = this.shown;
    const wasOnView = this.#width > 0 && playhead >= start && playhead <= start + span;
    if (width !== this.#width && wasOnView && !this.choice.follow) this.reveal(playhead);
    this.#width = width;
  }

  /** While playing, the window follows the playhead, unless a person looks elsewhere. */
  #turnPage() {
    const { cursor, playback, viewportChoice } = this.#runModel;
    if (!playback.isPlaying || !this.#runModel.settings.followsPlayhead || this.#pictureSurface.width === 0) return;
    const { start, span } = this.#target;
    const progress = (cursor.playhead - start) / span;
    const wasOnView = this.#pagedFrom >= start && this.#pagedFrom <= start + span;
    this.#pagedFrom = cursor.playhead;
    const isLastPage = start + span >= this.#runModel.transcript.extent.end - 1e-6;
    if (progress < PAGE_AT || progress > 1.2 || !wasOnView || isLastPage) return;
    const next = cursor.playhead - PAGE_TO * span;
    this.#runModel.viewportChoice = { ...movedTo(viewportChoice, { start, span }, this.#scene, next), span };
  }

  /** Moves the window to where it should be; one that follows or turns a page glides. Returns whether it still moves. */
  #moveWindow() {
    const target = this.#target;
    const { viewportChoice, playback } = this.#runModel;
    const distance = target.start - this.shown.start;
    const isNear = this.#hasWindow && target.span === this.shown.span && Math.abs(distance) < target.span;
    const isGliding = isNear && (viewportChoice.follow || playback.isPlaying) && !this.#reducedMotion.matches;
    const pixel = target.span / this.#pictureSurface.width;
    this.#hasWindow = true;
    if (!isGliding || Math.abs(distance) < pixel / 2) {
      this.shown = target;
      return false;
    }
    this.shown = { start: this.shown.start + distance * GLIDE, span: target.span };
    return true;
  }

  /**
   * @param {number} factor
   * @param {number} x
   */
  #zoomed(factor, x) {
    const { width } = this.#pictureSurface;
    return zoomedAbout(this.#target, this.#scene, width, factor, xToTime(this.#target, width, x));
  }
}
