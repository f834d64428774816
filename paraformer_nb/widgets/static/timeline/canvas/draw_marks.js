// What is drawn over words and waveform: selection, layers, resumes, focus, the spoken word, playhead.

import { LABEL_SIZES, fitLabel } from "./labels.js";
import { clock, timeToX } from "../model/scale.js";
import { LAYER_COLOURS } from "./theme.js";
import { BOX_INSET, rowOf } from "./word_layout.js";
import { lowerBound } from "../model/words.js";

/** @import { Selection } from "../model/cursor.js" */
/** @import { Match } from "../model/find.js" */
/** @import { Drawn } from "./draw_words.js" */
/** @import { Label, Row } from "./word_layout.js" */
/** @import { Ruler } from "./labels.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { ResumeMark } from "../messages.js" */
/** @import { IndexedLayer } from "../model/transcript.js" */
/** @import { Theme } from "./theme.js" */
/** @import { WordTable } from "../model/words.js" */
/** @typedef {{ text: string, x: number, y: number, width: number, colour: string }} LayerLabel */
/**
 * What is marked; -1 and null: nothing.
 * @typedef {object} Marks
 * @property {Selection | null} selection
 * @property {number} playhead
 * @property {number} focus index of a word
 * @property {number} spoken index of a word
 * @property {Match[]} found
 * @property {{ start: number, end: number } | null} draft the span of the focused word while an edge of it is dragged
 * @property {{ time: number, y: number } | null} hover where the pointer is
 * @property {number} amplitude how much larger than usual the waveform is drawn
 * @property {number} region index of the region that is the selection
 */

const LAYER_ROW = 5;
const LAYER_LABEL = 13;
const MOST_LABELS = 4; // layers whose labels there is room for
const LEAST_LABEL = 20; // pixels of room below which a layer's label is not measured
const ROUND = 3;
const LABEL_SIDE = 3; // pixels kept free on either side of a label that is wider than its block
const HOVER_LABEL = 17; // pixels

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Selection | null} selection
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 */
export function drawSelection(g, selection, timeWindow, width, height, { colours }) {
  if (!selection) return;
  const [start, end] = selection;
  const left = timeToX(timeWindow, width, start);
  const right = timeToX(timeWindow, width, end);
  if (right < 0 || left > width) return;
  g.globalAlpha = 0.13;
  g.fillStyle = colours.ink; // not the blocks' own colour: words keep their outlines in it
  g.fillRect(left, 0, Math.max(1, right - left), height);
  g.globalAlpha = 0.8;
  g.fillStyle = colours.brand;
  g.fillRect(Math.round(left), 0, 1, height);
  g.fillRect(Math.round(right) - 1, 0, 1, height);
  g.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {number} time
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @param {number} size of its head; 0: no head
 */
export function drawPlayhead(g, time, timeWindow, width, height, { colours }, size) {
  const x = Math.round(timeToX(timeWindow, width, time)) + 0.5;
  if (x < -size || x > width + size) return;
  g.fillStyle = colours.playhead;
  g.fillRect(x - 0.75, 0, 1.5, height);
  if (size === 0) return;
  g.beginPath();
  g.moveTo(x - size, 0);
  g.lineTo(x + size, 0);
  g.lineTo(x, size * 1.4);
  g.fill();
}

/**
 * Draws a line where the pointer is, with its time on the axis.
 * @param {CanvasRenderingContext2D} g
 * @param {{ time: number } | null} hover
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} axis
 * @param {Theme} theme
 */
export function drawHover(g, hover, timeWindow, width, axis, { colours, family }) {
  if (!hover) return;
  const { time } = hover;
  const x = Math.round(timeToX(timeWindow, width, time));
  g.globalAlpha = 0.55;
  g.fillStyle = colours.muted;
  g.fillRect(x, 0, 1, axis);
  g.globalAlpha = 1;
  g.font = `11.5px ${family}`;
  const label = clock(time, timeWindow.span < 60 ? 2 : 1);
  const half = g.measureText(label).width / 2 + 4;
  const middle = Math.min(width - half, Math.max(half, x));
  g.fillStyle = colours.muted;
  g.beginPath();
  g.roundRect(middle - half, axis + 4, 2 * half, HOVER_LABEL, ROUND);
  g.fill();
  g.fillStyle = colours.paper;
  g.textAlign = "center";
  g.textBaseline = "middle";
  g.fillText(label, middle, axis + 4 + HOVER_LABEL / 2 + 0.5);
}

/**
 * Draws each layer's spans: a faint band down to the words, a bar on top. Returns a label for each that has room for it, to
 * be drawn over the waveform.
 * @param {CanvasRenderingContext2D} g
 * @param {IndexedLayer[]} layers
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @returns {LayerLabel[]}
 */
export function drawLayers(g, layers, timeWindow, width, height, { layers: colours, layerTexts, family }) {
  /** @type {LayerLabel[]} */
  const labels = [];
  layers.forEach(({ spans, maxEnds }, i) => {
    const top = i * (LAYER_ROW + 1);
    const end = timeWindow.start + timeWindow.span;
    g.fillStyle = colours[i % LAYER_COLOURS];
    g.font = `11px ${family}`;
    let drawn = -Infinity; // spans that fall on the same pixel are one
    const first = lowerBound((n) => maxEnds[n], spans.length, timeWindow.start);
    for (let k = first; k < spans.length && spans[k].start < end; k++) {
      const left = timeToX(timeWindow, width, spans[k].start);
      const right = Math.max(left + 1, timeToX(timeWindow, width, spans[k].end));
      if (right <= drawn || right < 0) continue;
      const from = Math.max(left, drawn);
      drawn = right;
      g.globalAlpha = 0.14 / Math.max(1, layers.length / 3);
      g.fillRect(from, 0, right - from, height);
      g.globalAlpha = 1;
      g.fillRect(from, top, right - from, LAYER_ROW);
      const { label } = spans[k];
      const x = Math.max(left, 0) + 3;
      const room = Math.min(right, width) - x - 3;
      if (!label || i >= MOST_LABELS || room < LEAST_LABEL) continue;
      const wide = g.measureText(label).width;
      const y = layers.length * (LAYER_ROW + 1) + 1 + i * LAYER_LABEL;
      if (wide <= room) labels.push({ text: label, x, y, width: wide, colour: layerTexts[i % LAYER_COLOURS] });
    }
  });
  return labels;
}

/**
 * Draws the labels of layers, on the colour of the paper: the waveform behind them would make them hard to read.
 * @param {CanvasRenderingContext2D} g
 * @param {LayerLabel[]} labels
 * @param {Theme} theme
 */
export function drawLayerLabels(g, labels, { colours, family }) {
  g.font = `11px ${family}`;
  g.textAlign = "left";
  g.textBaseline = "top";
  for (const { text, x, y, width, colour } of labels) {
    g.fillStyle = colours.paper;
    g.fillRect(x - 2, y - 1, width + 4, LAYER_LABEL - 1);
    g.fillStyle = colour;
    g.fillText(text, x, y);
  }
}

/**
 * Draws a flag where a new task continued after a disconnect.
 * @param {CanvasRenderingContext2D} g
 * @param {ResumeMark[]} resumes
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 */
export function drawResumes(g, resumes, timeWindow, width, height, { colours, family }) {
  for (const { position } of resumes) {
    const x = Math.round(timeToX(timeWindow, width, position));
    if (x < 0 || x > width) continue;
    g.fillStyle = colours.doubt;
    for (let y = 0; y < height; y += 6) g.fillRect(x, y, 1, 3);
    g.font = `11px ${family}`;
    g.textAlign = "left";
    g.textBaseline = "bottom";
    g.fillText("⟳", Math.min(x + 3, width - 14), height - 2);
  }
}

/**
 * Draws an outline around found words, fills the spoken one, draws a ring around the focused one.
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {Marks} marks
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {Row} row
 * @param {Drawn} drawn
 * @param {Theme} theme
 * @param {Ruler} ruler
 */
export function drawWordMarks(g, words, marks, timeWindow, width, row, drawn, theme, ruler) {
  const { colours } = theme;
  const blockOf = (/** @type {number} */ start, /** @type {number} */ end) => {
    const left = timeToX(timeWindow, width, start) + BOX_INSET;
    return { left, right: Math.max(left + 1, timeToX(timeWindow, width, end) - BOX_INSET) };
  };
  const end = timeWindow.start + timeWindow.span;
  const first = lowerBound((i) => marks.found[i].end, marks.found.length, timeWindow.start);
  g.strokeStyle = colours.doubt;
  g.lineWidth = 2;
  for (let i = first; i < marks.found.length && marks.found[i].start < end; i++) {
    for (let k = marks.found[i].first; k <= marks.found[i].last; k++) {
      outline(g, blockOf(words.starts[k], words.ends[k]), rowOf(drawn.level, row, k), 1);
    }
  }
  if (marks.spoken >= 0) {
    const block = blockOf(words.starts[marks.spoken], words.ends[marks.spoken]);
    drawSpoken(g, words, marks.spoken, block, width, row, drawn, theme, ruler);
  }
  if (marks.focus < 0) return;
  const { draft, focus } = marks;
  const label = drawn.labels.find(({ index }) => index === focus);
  const block = draft ? blockOf(draft.start, draft.end) : withLabel(blockOf(words.starts[focus], words.ends[focus]), label);
  g.strokeStyle = colours.ink;
  g.lineWidth = 2;
  outline(g, block, rowOf(drawn.level, row, focus), -1);
}

/**
 * A block, and as much more as its label needs.
 * @param {{ left: number, right: number }} block
 * @param {Label | undefined} label
 */
function withLabel({ left, right }, label) {
  if (!label) return { left, right };
  return { left: Math.min(left, label.left - LABEL_SIDE), right: Math.max(right, label.left + label.width + LABEL_SIDE) };
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {{ left: number, right: number }} block
 * @param {Row} row
 * @param {number} inset
 */
function outline(g, { left, right }, row, inset) {
  g.beginPath();
  g.roundRect(left + inset, row.top + inset, Math.max(1, right - left - 2 * inset), row.height - 2 * inset, ROUND);
  g.stroke();
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {WordTable} words
 * @param {number} index
 * @param {{ left: number, right: number }} block
 * @param {number} width
 * @param {Row} row
 * @param {Drawn} drawn
 * @param {Theme} theme
 * @param {Ruler} ruler
 */
function drawSpoken(g, words, index, { left, right }, width, row, { level, labels }, { colours, family }, ruler) {
  const own = rowOf(level, row, index);
  const staggered = labels.find((label) => label.index === index);
  const filled = withLabel({ left, right }, staggered);
  g.fillStyle = colours.brand;
  g.beginPath();
  g.roundRect(filled.left, own.top, filled.right - filled.left, own.height, ROUND);
  g.fill();
  if (level === "sentences") return;
  const font = (/** @type {number} */ size) => `${size}px ${family}`;
  const [from, to] = [Math.max(0, left), Math.min(width, right)];
  const { text, punctuation } = words.rows[index];
  const { label, size } = staggered
    ? { label: staggered.text, size: staggered.size }
    : fitLabel(text, punctuation, to - from, ruler.in(g, font(LABEL_SIZES[0])));
  g.font = font(size);
  g.textAlign = staggered ? "left" : "center";
  g.textBaseline = "middle";
  g.fillStyle = colours.paper;
  g.fillText(label, staggered ? staggered.left : (from + to) / 2, own.top + own.height / 2 - (staggered ? 0.5 : 1));
}
