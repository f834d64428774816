// Where the words of a window are drawn: in one row, in two staggered rows, or, where that is too narrow for their texts,
// as ticks below the texts of their sentences. Pure arithmetic; texts are measured by a function.

import { LABEL_SIZES, fitLabel } from "./labels.js";
import { timeToX } from "../model/scale.js";

/** @import { Measure } from "./labels.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Word } from "../messages.js" */
/** @import { WordTable } from "../model/words.js" */
/** @typedef {{ top: number, height: number }} Row */
/** @typedef {"row" | "rows" | "sentences"} Level */
/** @typedef {{ left: number, right: number, index: number }} Block a word's span, in pixels */
/** @typedef {{ index: number, text: string, size: number, left: number, width: number, lane: number }} Label */

export const BOX_INSET = 0.5; // pixels by which a block is inside its word's span, so that neighbours do not touch
const SINGLE_HEIGHT = 34; // of the blocks in one row
const LANE_GAP = 2;
const TICK_HEIGHT = 7;
const LABEL_GAP = 7; // pixels between labels of one lane
const OVER = 5; // pixels of its block that a label covers at least
const BEFORE = 12; // words before the window that are laid out as well, so that labels stay where they are while it moves
const RUNS = 8; // of neighbouring words that are tried for a level
const RUN_WORDS = 48;
const MOST_DOTS = 0.02; // of the words that are tried

/**
 * The row of a word's block.
 * @param {Level} level
 * @param {Row} row of all
 * @param {number} index of the word
 * @returns {Row}
 */
export function rowOf(level, row, index) {
  if (level === "sentences") return { top: row.top + row.height - TICK_HEIGHT, height: TICK_HEIGHT };
  if (level === "row") return { top: row.top + (row.height - SINGLE_HEIGHT) / 2, height: SINGLE_HEIGHT };
  const height = (row.height - LANE_GAP) / 2;
  return { top: row.top + (index % 2) * (height + LANE_GAP), height };
}

/**
 * The row of the texts of the sentences.
 * @param {Row} row
 * @returns {Row}
 */
export function sentenceRow({ top, height }) {
  return { top, height: height - TICK_HEIGHT - 1 };
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
export function blocksOf(words, first, last, timeWindow, width) {
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

/** @type {WeakMap<WordTable, { revision: number, tried: Word[], scale: number, measure: Measure, level: Level }>} */
const levels = new WeakMap();

/**
 * The level at which the words of a clip have room for their texts. It depends on the zoom alone, not on the window, so
 * that nothing changes while the window moves; and it is computed once for a zoom and the words that are tried.
 * @param {WordTable} words
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {Measure} measure
 * @returns {Level}
 */
export function levelFor(words, timeWindow, width, measure) {
  const { revision } = words;
  const scale = width / timeWindow.span;
  const known = levels.get(words);
  const isSameZoom = known?.scale === scale && known.measure === measure;
  if (isSameZoom && known.revision === revision) return known.level;
  const runs = triedRuns(words);
  const tried = runs.flatMap(([first, last]) => words.rows.slice(first, last));
  const isKnown = isSameZoom && known.tried.length === tried.length && known.tried.every((word, i) => word === tried[i]);
  const level = isKnown ? known.level : computeLevel(words, runs, timeWindow, width, measure);
  levels.set(words, { revision, tried, scale, measure, level });
  return level;
}

/**
 * The words that are tried for a level, as [first, after the last). They are the same until there are twice as many:
 * measuring others at each update of a live run is slow.
 * @param {WordTable} words
 */
function triedRuns({ count }) {
  const step = RUN_WORDS * 2 ** Math.max(0, Math.ceil(Math.log2(count / RUN_WORDS / RUNS)));
  /** @type {[number, number][]} */
  const runs = [];
  for (let first = 0; first < count; first += step) runs.push([first, Math.min(count, first + RUN_WORDS)]);
  return runs;
}

/**
 * @param {WordTable} words
 * @param {[number, number][]} runs
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {Measure} measure
 * @returns {Level}
 */
function computeLevel(words, runs, timeWindow, width, measure) {
  const blocks = runs.map(([first, last]) => blocksOf(words, first, last, timeWindow, width));
  const most = MOST_DOTS * blocks.reduce((sum, run) => sum + run.length, 0);
  const isTooWide = (/** @type {Block} */ { left, right, index }) => {
    const { text, punctuation } = words.rows[index];
    return !fitLabel(text, punctuation, right - left, measure).label.startsWith(text);
  };
  if (!blocks.some((run) => run.some(isTooWide))) return "row";
  const dots = blocks.reduce((sum, run) => sum + run.length - staggered(words, run, Infinity, measure).length, 0);
  return dots <= most ? "rows" : "sentences";
}

/**
 * The labels of a window's words in two lanes, by turns. Each lies over its own block, and as near to its middle as its
 * neighbours in the lane allow; a word without room has none.
 * @param {WordTable} words
 * @param {Block[]} blocks
 * @param {number} width of the picture: a block that reaches off it has its label in the part that is on it, if it can
 * @param {Measure} measure
 * @returns {Label[]}
 */
export function staggered(words, blocks, width, measure) {
  const free = [-Infinity, -Infinity];
  /** @type {Label[]} */
  const labels = [];
  for (const { left, right, index } of blocks) {
    const lane = index % 2;
    const label = firstFit(words.rows[index], left, Math.min(right, width), free[lane], measure);
    if (!label) continue;
    labels.push({ index, lane, ...label });
    free[lane] = label.left + label.width + LABEL_GAP;
  }
  centre(labels, new Map(blocks.map((block) => [block.index, block])), width);
  return labels;
}

/**
 * The label of a word as far left as it may be, in the largest size that has room; null where none has.
 * @param {Word} word
 * @param {number} left of its block
 * @param {number} right of the part of it that is on view
 * @param {number} free from where on its lane is free
 * @param {Measure} measure
 */
function firstFit({ text, punctuation }, left, right, free, measure) {
  const shown = text + punctuation;
  if (shown === "") return null;
  for (const size of LABEL_SIZES) {
    const width = (measure(shown) * size) / LABEL_SIZES[0];
    const least = Math.max(free, Math.min(left + 2, right - width - 2));
    if (least + Math.min(OVER, right - left) <= right) return { text: shown, size, left: least, width };
  }
  return null;
}

/**
 * Moves labels to the right, to the middle of their blocks or as near as the next label of the lane allows.
 * @param {Label[]} labels
 * @param {Map<number, Block>} blocks
 * @param {number} width of the picture
 */
function centre(labels, blocks, width) {
  const limit = [width - 2, width - 2];
  for (const label of [...labels].reverse()) {
    const block = blocks.get(label.index);
    if (!block) continue;
    const left = width === Infinity ? block.left : Math.max(0, block.left);
    const middle = (left + Math.min(width, block.right) - label.width) / 2;
    const isCut = block.left < 0 && block.right > OVER && width !== Infinity;
    label.left = Math.max(label.left, Math.min(isCut ? Math.max(2, middle) : middle, limit[label.lane] - label.width));
    limit[label.lane] = label.left - LABEL_GAP;
  }
}

/**
 * The first word to lay out for a window that begins with another.
 * @param {number} first
 */
export function layoutFrom(first) {
  return Math.max(0, first - BEFORE);
}

/**
 * A sentence's text in lines of a width; the last one ends with "…" where there is not room for all. None where
 * there is not room for a word.
 * @param {Word[]} words
 * @param {number} width
 * @param {number} most lines
 * @param {Measure} measure at the size in which it is drawn
 * @returns {string[]}
 */
export function linesOf(words, width, most, measure) {
  const [space, ellipsis] = [measure(" "), measure("…")];
  /** @type {string[]} */
  const lines = [];
  let [line, room] = ["", width];
  for (const [i, word] of words.entries()) {
    const text = word.text + word.punctuation;
    const gap = line && word.separator ? space : 0;
    const wide = measure(text);
    const reserve = (/** @type {number} */ number) => (number === most - 1 && i < words.length - 1 ? ellipsis : 0);
    if (wide + gap + reserve(lines.length) <= room) {
      line += (gap ? " " : "") + text;
      room -= wide + gap;
      continue;
    }
    if (lines.length === most - 1 || wide + reserve(lines.length + 1) > width) return line ? [...lines, `${line}…`] : [];
    lines.push(line);
    [line, room] = [text, width - wide];
  }
  return line ? [...lines, line] : lines;
}
