// The picture and the minimap in one view: two canvases, the window they share, and how it is moved.

import { make } from "./dom.js";
import { onDrag, onKeys, onPointer } from "./gestures.js";
import { Ruler } from "./labels.js";
import { drawMinimap, wholeOf } from "./minimap.js";
import { drawPicture } from "./picture.js";
import { xToTime } from "./scale.js";
import { Surface } from "./surface.js";
import { describePicture } from "./text.js";
import { movedTo, windowOf, zoomedAbout } from "./viewport.js";

/** @import { TimeWindow } from "./scale.js" */
/** @import { Session } from "./session.js" */
/** @import { Theme } from "./theme.js" */
/** @import { Choice, Scene } from "./viewport.js" */

const GLIDE = 0.3; // of the way to where the window should be, each frame

export class Stage {
  /** @type {TimeWindow} */
  shown = { start: 0, span: 1 };
  #session;
  #canvas;
  #picture;
  #minimap;
  #ruler = new Ruler();
  #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #isPlaced = false;

  /**
   * @param {Session} session
   * @param {HTMLElement} parent
   * @param {() => void} onResize
   */
  constructor(session, parent, onResize) {
    this.#session = session;
    this.#canvas = make("canvas", "pnb-picture", parent);
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "img");
    const strip = make("canvas", "pnb-minimap", parent);
    strip.setAttribute("aria-hidden", "true"); // the picture's keys do all that it does
    this.#picture = new Surface(this.#canvas, onResize);
    this.#minimap = new Surface(strip, onResize);
    this.#listen(strip);
  }

  /**
   * Draws; says whether the window is still on its way.
   * @param {Theme} theme
   */
  draw(theme) {
    if (this.#picture.width === 0) return false;
    const isMoving = this.#place();
    const { store } = this.#session;
    drawPicture(this.#picture.begin(), this.#picture, store, this.shown, theme, this.#ruler);
    drawMinimap(this.#minimap.begin(), this.#minimap, store, this.shown, theme);
    const label = store.run ? describePicture(store.run, store.words.count, this.#target) : "Timeline";
    if (!isMoving) this.#canvas.setAttribute("aria-label", label);
    return isMoving;
  }

  /** @param {number} factor below 1: in */
  zoom(factor) {
    const { shown } = this;
    const { follow } = this.#session.choice;
    const held = shown.start + shown.span / 2;
    this.#choose({ ...zoomedAbout(shown, this.#scene, this.#picture.width, factor, held), follow });
  }

  toggleFollow() {
    const { choice } = this.#session;
    this.#choose({ ...choice, start: this.shown.start, span: choice.span ?? this.shown.span, follow: !choice.follow });
  }

  dispose() {
    this.#picture.dispose();
    this.#minimap.dispose();
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

  /** Takes the window towards where it should be; a following window glides there. */
  #place() {
    const target = this.#target;
    const way = target.start - this.shown.start;
    const isNear = this.#isPlaced && target.span === this.shown.span && Math.abs(way) < target.span;
    const isGliding = isNear && this.#session.choice.follow && !this.#calm.matches;
    const pixel = target.span / this.#picture.width;
    this.#isPlaced = true;
    if (!isGliding || Math.abs(way) < pixel / 2) {
      this.shown = target;
      return false;
    }
    this.shown = { start: this.shown.start + way * GLIDE, span: target.span };
    return true;
  }

  /** @param {Choice} choice */
  #choose(choice) {
    this.#session.choice = choice;
    this.#session.notify();
  }

  /** @param {number} start */
  #moveTo(start) {
    this.#choose(movedTo(this.#session.choice, this.shown, this.#scene, start));
  }

  /** @param {HTMLCanvasElement} strip */
  #listen(strip) {
    let grabbed = this.shown;
    const seconds = (/** @type {number} */ pixels) => (pixels * this.shown.span) / this.#picture.width;
    onPointer(this.#canvas, {
      grab: () => (grabbed = this.shown),
      drag: (pixels) => this.#moveTo(grabbed.start - seconds(pixels)),
      pan: (pixels) => this.#moveTo(this.shown.start + seconds(pixels)),
      zoomAt: (factor, x) => {
        const { width } = this.#picture;
        this.#choose(zoomedAbout(this.shown, this.#scene, width, factor, xToTime(this.shown, width, x)));
      },
    });
    onKeys(this.#canvas, {
      step: (windows) => this.#moveTo(this.shown.start + windows * this.shown.span),
      zoom: (factor) => this.zoom(factor),
      jump: (edge) => this.#moveTo(edge === "start" ? -Infinity : Infinity),
    });
    this.#listenToStrip(strip);
  }

  /**
   * A press on the frame takes hold of it, one beside it brings it there.
   * @param {HTMLCanvasElement} strip
   */
  #listenToStrip(strip) {
    let held = 0;
    const timeAt = (/** @type {number} */ x) => {
      return xToTime(wholeOf(this.#session.store, this.shown), this.#minimap.width, x);
    };
    const down = (/** @type {number} */ x) => {
      held = timeAt(x) - this.shown.start;
      if (held >= 0 && held <= this.shown.span) return;
      held = this.shown.span / 2;
      this.#moveTo(timeAt(x) - held);
    };
    onDrag(strip, down, (x) => this.#moveTo(timeAt(x) - held));
  }
}
