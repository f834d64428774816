// Draws word blocks at their exact spans, with their texts or those of their sentences, and the bars of the sentences.

import { isDense } from "../model/hits.js";
import { LABEL_SIZES, fitLabel } from "./labels.js";
import { timeToX } from "../model/scale.js";
import { blocksOf, layoutFrom, levelFor, linesOf, rowOf, sentenceRow, staggered } from "./word_layout.js";
import { isDoubtful, lowerBound } from "../model/words.js";

/** @import { Measure, Ruler } from "./labels.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Colours, Theme } from "./theme.js" */
/** @import { Sentence, WordTable } from "../model/words.js" */
/** @import { Block, Label, Level, Row } from "./word_layout.js" */
/** @typedef {{ level: Level, labels: Label[] }} Drawn how the words were drawn; the labels of staggered rows, which may lie beside their blocks */

const ROUND = 3;
const CORNER = 7; // pixels
const DASHES = [3, 2.5]; // of the outline of a partial word
const TRANSPARENT = "rgba(0, 0, 0, 0)"; // as a browser computes it
const SMALL_BAR = 8; // pixels; a shorter bar has no dashes, and is joined with the next where that is close
const LEAST_SENTENCE = 26; // pixels; a narrower sentence has no room for a text
const SENTENCE_SIZE = 12; // of its letters
const SENTENCE_GAP = 14; // pixels between the texts of sentences
const LINE_PIXELS = 13; // from line to line of a sentence's text

/**
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {Sentence[]} order
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {Row} row
 * @param {Theme} theme
 * @param {Ruler} ruler
 * @returns {Drawn}
 */
export function drawWords(g, words, order, timeWindow, width, row, theme, ruler) {
  const { colours, family } = theme;
  const [first, last] = words.between(timeWindow.start, timeWindow.start + timeWindow.span);
  if (first === last) return { level: "row", labels: [] };
  if (isDense(words, timeWindow, width)) {
    drawDensity(g, words, first, last, timeWindow, width, row, colours);
    return { level: "sentences", labels: [] };
  }
  const measure = ruler.in(g, `${LABEL_SIZES[0]}px ${family}`);
  const level = levelFor(words, timeWindow, width, measure);
  const from = level === "rows" ? layoutFrom(first) : first;
  const blocks = blocksOf(words, from, last, timeWindow, width);
  const lanes = level === "rows" ? [0, 1] : [0];
  for (const lane of lanes) {
    const its = blocks.filter(({ index }) => index >= first && (level !== "rows" || index % 2 === lane));
    drawBlocks(g, words, its, rowOf(level, row, lane), colours, level);
  }
  const labels = level === "rows" ? staggered(words, blocks, width, measure) : [];
  if (level === "row") drawLabels(g, words, blocks, width, rowOf(level, row, 0), theme, measure);
  else if (level === "rows") drawStaggered(g, words, labels, row, theme);
  else drawSentenceTexts(g, order, timeWindow, width, sentenceRow(row), theme, ruler);
  return { level, labels };
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {Block[]} blocks
 * @param {Row} row
 * @param {Colours} colours
 * @param {Level} level
 */
function drawBlocks(g, words, blocks, row, colours, level) {
  const finals = blocks.filter(({ index }) => words.isFinal[index]);
  fillBlocks(g, finals, row, colours.block);
  if (colours["block-edge"] !== TRANSPARENT) outlineBlocks(g, finals, row, colours["block-edge"], []);
  outlineBlocks(g, blocks.filter(({ index }) => !words.isFinal[index]), row, colours["partial-outline"], DASHES);
  drawConfidence(g, words, blocks, row, colours);
  if (level !== "sentences") drawCorrected(g, words, blocks, row, colours);
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {Block[]} blocks
 * @param {number} width
 * @param {Row} row
 * @param {Theme} theme
 * @param {Measure} measure
 */
function drawLabels(g, words, blocks, width, row, { colours, family }, measure) {
  const fonts = new Map(LABEL_SIZES.map((size) => [size, `${size}px ${family}`]));
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
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {Label[]} labels
 * @param {Row} row of both lanes
 * @param {Theme} theme
 */
function drawStaggered(g, words, labels, row, { colours, family }) {
  g.textAlign = "left";
  g.textBaseline = "middle";
  for (const { index, text, size, left } of labels) {
    const { top, height } = rowOf("rows", row, index);
    g.font = `${size}px ${family}`;
    g.fillStyle = words.isFinal[index] ? colours.ink : colours["partial-text"];
    g.fillText(text, left, top + height / 2 - 0.5);
  }
}

/**
 * Draws each sentence's text in as many lines as there is room for, above its words.
 * @param {CanvasRenderingContext2D} g
 * @param {Sentence[]} order
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {Row} row
 * @param {Theme} theme
 * @param {Ruler} ruler
 */
function drawSentenceTexts(g, order, timeWindow, width, row, { colours, family }, ruler) {
  const measure = ruler.in(g, `${SENTENCE_SIZE}px ${family}`);
  const end = timeWindow.start + timeWindow.span;
  const next = lowerBound((i) => order[i].start, order.length, timeWindow.start);
  g.textAlign = "left";
  g.textBaseline = "top";
  for (let i = Math.max(0, next - 1); i < order.length && order[i].start < end; i++) {
    if (order[i].end < timeWindow.start) continue;
    const left = Math.max(0, timeToX(timeWindow, width, order[i].start));
    const until = i + 1 < order.length ? timeToX(timeWindow, width, order[i + 1].start) : width; // the pause as well
    const right = Math.min(width, until);
    if (right - left < LEAST_SENTENCE) continue;
    g.fillStyle = order[i].is_final ? colours.ink : colours["partial-text"];
    const lines = linesOf(order[i].words, right - left - SENTENCE_GAP, Math.floor(row.height / LINE_PIXELS), measure);
    g.font = `${SENTENCE_SIZE}px ${family}`;
    const top = row.top + row.height - lines.length * LINE_PIXELS;
    lines.forEach((line, k) => g.fillText(line, left + 2, top + k * LINE_PIXELS));
  }
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
