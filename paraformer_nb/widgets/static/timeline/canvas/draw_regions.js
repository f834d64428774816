// The regions that a person marked: a band over the waveform, with its label in a tag on top that can be clicked.

import { timeToX } from "../model/scale.js";

/** @import { LayerSpan } from "../messages.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Theme } from "./theme.js" */
/** @typedef {{ index: number, left: number, right: number, bottom: number }} Tag where a region's label is */

const TAG_HEIGHT = 18;
const TAG_SIDE = 6;
const LEAST_TAG = 22; // pixels, so that a tag without a label can be hit

/**
 * @param {CanvasRenderingContext2D} g
 * @param {LayerSpan[]} regions
 * @param {number} chosen index of the region that is the selection
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @returns {Tag[]}
 */
export function drawRegions(g, regions, chosen, timeWindow, width, height, { colours, family }) {
  /** @type {Tag[]} */
  const tags = [];
  g.font = `600 11.5px ${family}`;
  g.textAlign = "left";
  g.textBaseline = "middle";
  const end = timeWindow.start + timeWindow.span;
  for (let index = 0; index < regions.length && regions[index].start < end; index++) {
    const { start, end: until, label } = regions[index];
    if (until < timeWindow.start) continue;
    const left = timeToX(timeWindow, width, start);
    const right = Math.max(left + 1, timeToX(timeWindow, width, until));
    g.fillStyle = colours.good;
    g.globalAlpha = index === chosen ? 0.2 : 0.12;
    g.fillRect(left, 0, right - left, height);
    g.globalAlpha = 1;
    g.fillRect(Math.round(left), 0, 1, height);
    g.fillRect(Math.round(right) - 1, 0, 1, height);
    const from = Math.max(0, left);
    const room = Math.min(right, width) - from;
    const text = g.measureText(label).width + 2 * TAG_SIDE <= room ? label : "";
    const tag = Math.min(room, Math.max(LEAST_TAG, text ? g.measureText(text).width + 2 * TAG_SIDE : 0));
    g.fillRect(from, 0, tag, TAG_HEIGHT);
    g.fillStyle = colours.paper;
    g.fillText(text, from + TAG_SIDE, TAG_HEIGHT / 2 + 0.5);
    tags.push({ index, left: from, right: from + tag, bottom: TAG_HEIGHT });
  }
  return tags;
}
