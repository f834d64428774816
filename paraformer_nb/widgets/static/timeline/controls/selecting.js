// Selections by the pointer: a new one, or an edge or the whole of one, dragged; at the edges of the picture it scrolls.
// Edges come to rest at words and silence, unless Alt is held. And the regions that are made of selections.

import { snapped } from "../model/snap.js";
import { translate } from "../model/language.js";

/** @import { Grip, Stage } from "../canvas/stage.js" */
/** @import { LayerSpan } from "../messages.js" */
/** @import { RunModel } from "../run_model.js" */

const SNAP_PIXELS = 6;
const SCROLL_SHARE = 0.12; // of the pixels that the pointer is beside the picture, for each frame
const NOT_HERE = "Regions cannot be marked here.";

export class Selecting {
  #runModel;
  #stage;
  /** What is dragged. @type {{ grip: Grip | "new", from: number, selection: [number, number], x: number, isFree: boolean } | null} */
  #drag = null;
  #frame = 0;

  /**
   * @param {RunModel} runModel
   * @param {Stage} stage
   */
  constructor(runModel, stage) {
    this.#runModel = runModel;
    this.#stage = stage;
  }

  /**
   * Begins to drag.
   * @param {Grip | null} grip of the selection; null: a new one
   * @param {number} from the time that was pressed
   */
  begin(grip, from) {
    const selection = this.#cursor.selection ?? [from, from];
    if (!grip) this.#cursor.region = -1;
    this.#drag = { grip: grip ?? "new", from, selection, x: 0, isFree: false };
  }

  /**
   * @param {number} x of the pointer in the picture; may be beside it
   * @param {boolean} isFree edges do not snap
   */
  move(x, isFree) {
    if (!this.#drag) return;
    Object.assign(this.#drag, { x, isFree });
    this.#apply();
    if (this.#frame === 0 && this.#beside !== 0) this.#frame = requestAnimationFrame(this.#scroll);
  }

  end() {
    this.cancel();
    const { region, selection } = this.#cursor;
    if (region < 0 || !selection) return;
    const { regions } = this.#runModel.transcript;
    const moved = { ...regions[region], start: selection[0], end: selection[1] };
    this.#set(regions.with(region, moved), moved);
  }

  /** Drags no longer; the selection stays as it is. */
  cancel() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#drag = null;
  }

  /**
   * Selects from the playhead, or with the nearer edge of the selection, to a time.
   * @param {number} time
   * @param {boolean} isFree
   */
  extendTo(time, isFree) {
    const { selection, playhead } = this.#cursor;
    const to = this.#snap(time, isFree);
    if (!selection) this.#cursor.select(playhead, to);
    else if (Math.abs(time - selection[0]) < Math.abs(time - selection[1])) this.#cursor.select(to, selection[1]);
    else this.#cursor.select(selection[0], to);
    this.end();
  }

  // ------------------------------------------------------------------------------------------------------ regions

  /** Makes a region of the selection. */
  addRegion() {
    const { selection, region } = this.#cursor;
    if (!selection || region >= 0) return;
    const added = { start: selection[0], end: selection[1], label: "" };
    this.#set([...this.#runModel.transcript.regions, added], added);
  }

  /**
   * Makes a region the selection.
   * @param {number} index
   */
  chooseRegion(index) {
    const { start, end } = this.#runModel.transcript.regions[index];
    this.#cursor.select(start, end);
    this.#cursor.region = index;
    this.#runModel.playback.seek(start);
  }

  /** @param {string} label */
  nameRegion(label) {
    const { regions } = this.#runModel.transcript;
    const { region } = this.#cursor;
    if (!regions[region] || regions[region].label === label) return;
    const named = { ...regions[region], label };
    this.#set(regions.with(region, named), named);
  }

  removeRegion() {
    const { region } = this.#cursor;
    if (region < 0) return;
    this.#set(this.#runModel.transcript.regions.filter((_, i) => i !== region), null);
    this.#cursor.deselect();
  }

  /**
   * @param {LayerSpan[]} regions
   * @param {LayerSpan | null} chosen the one that is the selection
   */
  #set(regions, chosen) {
    if (this.#runModel.isStandalone) return this.#runModel.showMessage(translate(NOT_HERE));
    this.#runModel.setRegions(regions);
    this.#cursor.region = chosen ? this.#runModel.transcript.regions.indexOf(chosen) : -1;
  }

  // --------------------------------------------------------------------------------------------------------------

  get #cursor() {
    return this.#runModel.cursor;
  }

  /** By how many pixels the pointer is beside the picture. */
  get #beside() {
    const x = this.#drag?.x ?? 0;
    return x < 0 ? x : Math.max(0, x - this.#stage.width);
  }

  #scroll = () => {
    this.#frame = 0;
    if (!this.#drag || this.#beside === 0) return;
    this.#stage.pan(this.#beside * SCROLL_SHARE);
    this.#apply();
    this.#frame = requestAnimationFrame(this.#scroll);
  };

  #apply() {
    if (!this.#drag) return;
    const { grip, from, selection, x, isFree } = this.#drag;
    const pointed = this.#stage.timeAt(Math.min(this.#stage.width, Math.max(0, x)));
    const time = this.#snap(pointed, isFree);
    const { region } = this.#cursor;
    if (grip === "new") this.#cursor.select(this.#snap(from, isFree), time);
    else if (grip === "start") this.#cursor.select(time, selection[1]);
    else if (grip === "end") this.#cursor.select(selection[0], time);
    else {
      const { start, end } = this.#runModel.transcript.extent;
      const wanted = this.#snap(selection[0] + pointed - from, isFree);
      const length = selection[1] - selection[0];
      const begin = Math.min(end - length, Math.max(start, wanted));
      this.#cursor.select(begin, begin + length);
    }
    this.#cursor.region = region;
  }

  /**
   * @param {number} time
   * @param {boolean} isFree
   */
  #snap(time, isFree) {
    if (isFree) return time;
    return snapped(this.#runModel.transcript, time, (SNAP_PIXELS * this.#stage.shown.span) / this.#stage.width);
  }
}
