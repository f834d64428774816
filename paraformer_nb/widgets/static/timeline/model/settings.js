// How a person likes to listen and look: kept in the browser, so that later views begin with it.

import { keep, kept } from "./kept.js";

/**
 * @typedef {object} Settings
 * @property {number} rate of playing
 * @property {number} volume 0 to 1
 * @property {boolean} isLooping
 * @property {boolean} followsPlayhead whether the window turns its pages with the playhead
 * @property {number} amplitude how much larger than usual the waveform is drawn
 */

const KEPT = "settings";
/** @type {Readonly<Settings>} */
const USUAL = { rate: 1, volume: 1, isLooping: false, followsPlayhead: true, amplitude: 1 };
/** The range of each number. @type {Record<string, [least: number, most: number]>} */
const RANGES = { rate: [0.5, 2], volume: [0, 1], amplitude: [1 / 64, 64] };

/**
 * The settings that were kept; the usual one for each that was not, or is invalid.
 * @returns {Settings}
 */
export function keptSettings() {
  const given = parsed(kept(KEPT));
  const entries = Object.entries(USUAL).map(([name, usual]) => [name, isValid(name, given[name]) ? given[name] : usual]);
  return Object.fromEntries(entries);
}

/** @param {Settings} settings */
export function keepSettings(settings) {
  keep(KEPT, JSON.stringify(settings));
}

/**
 * A number within the range of a setting.
 * @param {"rate" | "volume" | "amplitude"} name
 * @param {number} value
 */
export function withinRange(name, value) {
  const [least, most] = RANGES[name];
  return Math.min(most, Math.max(least, value));
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function isValid(name, value) {
  if (!(name in RANGES)) return typeof value === "boolean";
  const [least, most] = RANGES[name];
  return typeof value === "number" && value >= least && value <= most;
}

/**
 * @param {string} text
 * @returns {Record<string, unknown>}
 */
function parsed(text) {
  try {
    const value = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // another program wrote it
  }
}
