// Draws word blocks at their exact spans, each with its whole text or a dot, and the bars of the sentences.

import { isDense } from "../model/hits.js";
import { LABEL_SIZES, fitLabel } from "./labels.js";
import { timeToX } from "../model/scale.js";
import { isDoubtful, lowerBound } from "../model/words.js";

/** @import { Ruler } from "./labels.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Colours, Theme } from "./theme.js" */
/** @import { Sentence, WordTable } from "../model/words.js" */
/** @typedef {{ top: number, height: number }} Row */
/** @typedef {{ left: number, right: number, index: number }} Block */

const ROUND = 3;
const CORNER = 7; // pixels
export const BOX_INSET = 0.5; // pixels by which a block is inside its word's span, so that neighbours do not touch
const DASHES = [3, 2.5]; // of the outline of a partial word
const TRANSPARENT = "rgba(0, 0, 0, 0)"; // as a browser computes it
const SMALL_BAR = 8; // pixels; a shorter bar has no dashes, and is joined with the next where that is close

/**
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {Row} row
 * @param {Theme} theme
 * @param {Ruler} ruler
 */
export function drawWords(g, words, timeWindow, width, row, theme, ruler) {
  const { colours } = theme;
  const [first, last] = words.between(timeWindow.start, timeWindow.start + timeWindow.span);
  if (first === last) return;
  if (isDense(words, timeWindow, width)) {
    drawDensity(g, words, first, last, timeWindow, width, row, colours);
    return;
  }
  const blocks = blocksOf(words, first, last, timeWindow, width);
  const finals = blocks.filter(({ index }) => words.isFinal[index]);
  fillBlocks(g, finals, row, colours.block);
  if (colours["block-edge"] !== TRANSPARENT) outlineBlocks(g, finals, row, colours["block-edge"], []);
  outlineBlocks(g, blocks.filter(({ index }) => !words.isFinal[index]), row, colours["partial-outline"], DASHES);
  drawConfidence(g, words, blocks, row, colours);
  drawCorrected(g, words, blocks, row, colours);
  drawLabels(g, words, blocks, width, row, theme, ruler);
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {Block[]} blocks
 * @param {number} width
 * @param {Row} row
 * @param {Theme} theme
 * @param {Ruler} ruler
 */
function drawLabels(g, words, blocks, width, row, { colours, family }, ruler) {
  const fonts = new Map(LABEL_SIZES.map((size) => [size, `${size}px ${family}`]));
  const measure = ruler.in(g, fonts.get(LABEL_SIZES[0]) ?? "");
  g.textAlign = "center";
  g.textBaseline = "middle";
  for (const { left, right, index } of blocks) {
    // A block that reaches off view has its label in the part that is on it.
    const shownLeft = Math.max(0, left);
    const shownRight = Math.min(width, right);
    const { text, punctuation } = words.rows[index];
    const { label, size } = fitLabel(text, punctuation, shownRight - shownLeft, measure);
    if (!label) continue;
    g.font = fonts.get(size) ?? "";
    g.fillStyle = words.isFinal[index] ? colours.ink : colours["partial-text"];
    g.fillText(label, (shownLeft + shownRight) / 2, row.top + row.height / 2 - 1);
  }
}

/**
 * The words' blocks in pixels, with space between them; a block never begins before the last one's end.
 * @param {WordTable} words
 * @param {number} first
 * @param {number} last
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @returns {Block[]}
 */
function blocksOf(words, first, last, timeWindow, width) {
  const blocks = [];
  let free = -Infinity;
  for (let index = first; index < last; index++) {
    const left = Math.max(free, timeToX(timeWindow, width, words.starts[index]) + BOX_INSET);
    const right = Math.max(left + 1, timeToX(timeWindow, width, words.ends[index]) - BOX_INSET);
    free = right + BOX_INSET;
    blocks.push({ left, right, index });
  }
  return blocks;
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Block[]} blocks
 * @param {Row} row
 * @param {string} colour
 */
function fillBlocks(g, blocks, row, colour) {
  tracePaths(g, blocks, row, 0);
  g.fillStyle = colour;
  g.fill();
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Block[]} blocks
 * @param {Row} row
 * @param {string} colour
 * @param {number[]} dashes none: a whole line
 */
function outlineBlocks(g, blocks, row, colour, dashes) {
  tracePaths(g, blocks, row, 0.5); // a line is inside the block, not around it
  g.setLineDash(dashes);
  g.lineWidth = 1;
  g.strokeStyle = colour;
  g.stroke();
  g.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Block[]} blocks
 * @param {Row} row
 * @param {number} inset pixels
 */
function tracePaths(g, blocks, row, inset) {
  g.beginPath();
  for (const { left, right } of blocks) {
    const size = right - left - 2 * inset;
    if (size < 5) g.rect(left + inset, row.top + inset, Math.max(0.5, size), row.height - 2 * inset);
    else g.roundRect(left + inset, row.top + inset, size, row.height - 2 * inset, ROUND);
  }
}

/**
 * Draws a line in each block, as long as its confidence is high, in another colour where it is doubtful.
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {Block[]} blocks
 * @param {Row} row
 * @param {Colours} colours
 */
function drawConfidence(g, words, blocks, row, colours) {
  for (const { left, right, index } of blocks) {
    const word = words.rows[index];
    if (word.confidence === null || right - left < 8) continue;
    g.fillStyle = isDoubtful(word) ? colours.doubt : colours.sure;
    g.fillRect(left + 3, row.top + row.height - 4, Math.max(1, (right - left - 6) * word.confidence), 2);
  }
}

/**
 * Draws a turned-down corner on words that a person corrected.
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {Block[]} blocks
 * @param {Row} row
 * @param {Colours} colours
 */
function drawCorrected(g, words, blocks, row, colours) {
  g.beginPath();
  for (const { left, right, index } of blocks) {
    if (!words.rows[index].is_edited || right - left < CORNER) continue;
    g.moveTo(right - CORNER, row.top);
    g.lineTo(right, row.top);
    g.lineTo(right, row.top + CORNER);
  }
  g.fillStyle = colours.muted;
  g.fill();
}

/**
 * Draws a profile of how many words there are in each pixel, where they are too many for blocks.
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {number} first
 * @param {number} last
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {Row} row
 * @param {Colours} colours
 */
function drawDensity(g, words, first, last, timeWindow, width, row, colours) {
  const counts = new Uint32Array(Math.ceil(width / 2));
  let most = 1;
  for (let i = first, x = 0; i < last && x < counts.length; x++) {
    const end = timeWindow.start + ((x + 1) * 2 * timeWindow.span) / width;
    const next = i + lowerBound((k) => words.starts[i + k], last - i, end);
    counts[x] = next - i;
    most = Math.max(most, counts[x]);
    i = next;
  }
  g.globalAlpha = 0.6;
  g.fillStyle = colours.sure;
  counts.forEach((count, x) => {
    const height = (count / most) * row.height;
    if (count) g.fillRect(x * 2, row.top + row.height - height, 2, height);
  });
  g.globalAlpha = 1;
}

/**
 * Draws a bar for each sentence, dashed while it is partial. Bars too close to distinguish become one.
 * @param {CanvasRenderingContext2D} g
 * @param {Sentence[]} order
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {Row} row
 * @param {string} colour
 */
export function drawSentences(g, order, timeWindow, width, row, colour) {
  const end = timeWindow.start + timeWindow.span;
  const next = lowerBound((i) => order[i].start, order.length, timeWindow.start);
  g.fillStyle = colour;
  let bar = { left: -Infinity, right: -Infinity, isFinal: true };
  for (let i = Math.max(0, next - 1); i < order.length && order[i].start < end; i++) {
    const left = Math.max(bar.right, timeToX(timeWindow, width, order[i].start) + 1);
    const right = Math.max(left, timeToX(timeWindow, width, order[i].end) - 1);
    if (left - bar.right < 3 && right - left < SMALL_BAR && order[i].is_final === bar.isFinal) {
      bar.right = right;
      continue;
    }
    drawBar(g, bar, row);
    bar = { left, right, isFinal: order[i].is_final };
  }
  drawBar(g, bar, row);
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {{ left: number, right: number, isFinal: boolean }} bar
 * @param {Row} row
 */
function drawBar(g, { left, right, isFinal }, row) {
  if (right < 0) return;
  const length = Math.max(1, right - left);
  if (isFinal || length < SMALL_BAR) {
    g.fillRect(left, row.top, length, row.height);
    return;
  }
  for (let x = left; x < right; x += 7) g.fillRect(x, row.top, Math.min(4, right - x), row.height);
}
