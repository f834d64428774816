// The timeline's picture: ticks, waveform, gaps, words, sentences, for one window of one run.

import { drawHover, drawLayerLabels, drawLayers, drawPlayhead, drawResumes, drawSelection, drawWordMarks } from "./draw_marks.js";
import { drawRegions } from "./draw_regions.js";
import { drawGap, drawWave } from "./draw_waveform.js";
import { drawSentences, drawWords } from "./draw_words.js";
import { clock, ticksOf, timeToX } from "../model/scale.js";
import { HIGHEST_HZ } from "../messages.js";
import { inInk } from "./spectrogram.js";
import { translate, translateKnown } from "../model/language.js";

/** @import { Drawn } from "./draw_words.js" */
/** @import { Tag } from "./draw_regions.js" */
/** @import { Marks } from "./draw_marks.js" */
/** @import { Ruler } from "./labels.js" */
/** @import { TimeWindow } from "../model/scale.js" */
/** @import { Image } from "./spectrogram.js" */
/** @import { Transcript } from "../model/transcript.js" */
/** @import { Samples } from "../sound/wav.js" */
/** @import { Theme } from "./theme.js" */

// Heights of rows, in pixels; the waveform has the rest.
const WORD_ROW = 48;
const SENTENCE_ROW = 2;
const AXIS_ROW = 25;
const SPACE = 9;

const WAVE_SHARE = 0.4; // of the room, where a spectrogram has the rest
const SPECTROGRAM_GAP = 6;
const KILOHERTZ = 2; // from line to line of the spectrogram's axis, or twice that where its labels would touch
const LABEL_PIXELS = 21; // that two labels need, of which the first is moved into the picture

/**
 * The layout of a picture of some height: the top of the axis, the rows, the middle of the waveform.
 * @param {number} height
 * @param {boolean} hasSpectrogram below the waveform
 */
export function rowsOf(height, hasSpectrogram = false) {
  const axis = height - AXIS_ROW;
  const sentences = { top: axis - SPACE - SENTENCE_ROW, height: SENTENCE_ROW };
  const words = { top: sentences.top - SPACE + 2 - WORD_ROW, height: WORD_ROW };
  const room = words.top - SPACE;
  const waveRoom = hasSpectrogram ? WAVE_SHARE * room : room;
  const top = waveRoom + SPECTROGRAM_GAP;
  const spectrogram = { top, height: room - top };
  return { axis, sentences, words, spectrogram, wave: { middle: waveRoom / 2 + 3, halfHeight: waveRoom / 2 - 4 } };
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {{ width: number, height: number }} size
 * @param {Transcript} transcript
 * @param {TimeWindow} timeWindow
 * @param {Theme} theme
 * @param {Ruler} ruler
 * @param {Marks} marks
 * @param {Image | null} spectrogram below the waveform
 * @param {Samples | null} [samples]
 * @returns {Drawn & { tags: Tag[] }} how words and regions were drawn
 */
export function drawPicture(g, { width, height }, transcript, timeWindow, theme, ruler, marks, spectrogram, samples = null) {
  const { axis, sentences, words, wave, ...rows } = rowsOf(height, spectrogram !== null);
  drawAxis(g, width, axis, timeWindow, theme);
  const labels = drawLayers(g, transcript.layers, timeWindow, width, words.top - 2, theme);
  const tags = drawRegions(g, transcript.regions, marks.region, timeWindow, width, axis, theme);
  drawSelection(g, marks.selection, timeWindow, width, axis, theme);
  drawWave(g, transcript.peaks, timeWindow, width, wave, theme.colours.wave, marks.amplitude, samples);
  if (spectrogram) drawSpectrogram(g, spectrogram, timeWindow, width, rows.spectrogram, theme);
  drawLayerLabels(g, labels, theme);
  drawGaps(g, width, axis, transcript, timeWindow, theme);
  drawResumes(g, transcript.resumes, timeWindow, width, axis, theme);
  const drawn = drawWords(g, transcript.words, transcript.order, timeWindow, width, words, theme, ruler);
  drawWordMarks(g, transcript.words, marks, timeWindow, width, words, drawn, theme, ruler);
  drawSentences(g, transcript.order, timeWindow, width, sentences, theme.colours.bar);
  drawHover(g, marks.hover, timeWindow, width, axis, theme);
  if (spectrogram && marks.hover) drawFrequency(g, marks.hover, timeWindow, width, rows.spectrogram, theme);
  drawPlayhead(g, marks.playhead, timeWindow, width, axis, theme, 5);
  return { ...drawn, tags };
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Image} image
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {{ top: number, height: number }} row
 * @param {Theme} theme
 */
function drawSpectrogram(g, image, timeWindow, width, { top, height }, { colours, family }) {
  const left = timeToX(timeWindow, width, image.start);
  const right = timeToX(timeWindow, width, image.start + image.span);
  g.drawImage(inInk(image, colours.ink), left, top, right - left, height);
  g.font = `11px ${family}`;
  g.textAlign = "left";
  g.textBaseline = "middle";
  const all = HIGHEST_HZ / 1000;
  let step = KILOHERTZ;
  while ((height * step) / all < LABEL_PIXELS) step *= 2;
  for (let khz = 0; khz <= all; khz += step) {
    const y = top + height * (1 - khz / all);
    g.fillStyle = colours.edge;
    g.fillRect(0, Math.round(y), width, 1);
    const label = khz === 0 ? "0" : `${khz} kHz`;
    const middle = Math.min(top + height - 7, Math.max(top + 7, y));
    g.fillStyle = colours.paper;
    g.fillRect(2, middle - 7, g.measureText(label).width + 6, 14);
    g.fillStyle = colours.muted;
    g.fillText(label, 5, middle);
  }
}

/**
 * Writes the frequency at the pointer.
 * @param {CanvasRenderingContext2D} g
 * @param {{ time: number, y: number }} hover
 * @param {TimeWindow} timeWindow
 * @param {number} width
 * @param {{ top: number, height: number }} row
 * @param {Theme} theme
 */
function drawFrequency(g, { time, y }, timeWindow, width, { top, height }, { colours, family }) {
  if (y < top || y > top + height) return;
  g.font = `11.5px ${family}`;
  const label = `${Math.round((HIGHEST_HZ * (top + height - y)) / height / 10) * 10} Hz`;
  const wide = g.measureText(label).width + 8;
  const x = Math.min(width - wide, timeToX(timeWindow, width, time) + 6);
  g.fillStyle = colours.muted;
  g.beginPath();
  g.roundRect(x, y - 20, wide, 17, 3);
  g.fill();
  g.fillStyle = colours.paper;
  g.textAlign = "left";
  g.textBaseline = "middle";
  g.fillText(label, x + 4, y - 11);
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {number} width
 * @param {number} axis
 * @param {TimeWindow} timeWindow
 * @param {Theme} theme
 */
function drawAxis(g, width, axis, timeWindow, { colours, family }) {
  const { times, decimals } = ticksOf(timeWindow, width);
  g.fillStyle = colours.edge;
  g.fillRect(0, axis, width, 1);
  g.font = `11.5px ${family}`;
  g.textBaseline = "middle";
  for (const time of times) {
    const x = Math.round(timeToX(timeWindow, width, time));
    g.fillStyle = colours.grid;
    g.fillRect(x, 0, 1, axis);
    const label = clock(time, decimals);
    const half = g.measureText(label).width / 2 + 3;
    g.fillStyle = colours.muted;
    g.textAlign = "center";
    g.fillText(label, Math.min(width - half, Math.max(half, x)), axis + AXIS_ROW / 2 + 1);
  }
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {number} width
 * @param {number} axis
 * @param {Transcript} transcript
 * @param {TimeWindow} timeWindow
 * @param {Theme} theme
 */
function drawGaps(g, width, axis, transcript, timeWindow, theme) {
  g.font = `12px ${theme.family}`;
  g.textAlign = "center";
  g.textBaseline = "middle";
  for (const gap of transcript.gaps) {
    const { x, room } = drawGap(g, gap, timeWindow, width, axis, theme);
    const label = [translateKnown(gap.reason), translate("gap")].find((text) => g.measureText(text).width + 16 <= room);
    if (!label) continue;
    const half = g.measureText(label).width / 2 + 6;
    g.fillStyle = theme.colours.paper;
    g.fillRect(x + room / 2 - half, 8, 2 * half, 20);
    g.fillStyle = theme.colours.ink;
    g.fillText(label, x + room / 2, 18);
  }
}
