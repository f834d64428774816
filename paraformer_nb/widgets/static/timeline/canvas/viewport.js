// Which span of the clip is on view: follows the newest words until a person moves it. Pure arithmetic.

/** @import { TimeWindow } from "../model/scale.js" */
/** @typedef {{ start: number, end: number }} Extent */
/**
 * What a person chose; null: nothing yet.
 * @typedef {{ start: number | null, span: number | null, follow: boolean }} ViewportChoice
 */
/**
 * What can be seen: the extent, whether its end is known, and the position to keep at the right edge of a window
 * of some span.
 * @typedef {{ extent: Extent, isEndKnown: boolean, newest: (span: number) => number }} Scene
 */

const PIXELS_PER_SECOND = 130; // at which most English words have room for their text
const SHORTEST_SPAN = 0.02; // seconds: at 16 kHz 320 samples
const LEAD = 0.04; // of the window, left free after the newest audio

/**
 * The span to begin with: the whole clip where it is not much longer than what is comfortable to read.
 * @param {Scene} scene
 * @param {number} width
 */
export function naturalSpan(scene, width) {
  const span = Math.max(2, width / PIXELS_PER_SECOND);
  const whole = scene.extent.end - scene.extent.start;
  return scene.isEndKnown && whole > 0 && whole <= 1.55 * span ? whole : span;
}

/**
 * The window on view for a choice.
 * @param {ViewportChoice} choice
 * @param {Scene} scene
 * @param {number} width
 * @returns {TimeWindow}
 */
export function windowOf(choice, scene, width) {
  const natural = naturalSpan(scene, width);
  const span = clampSpan(choice.span ?? natural, scene, natural);
  const lead = LEAD * span;
  const wanted = choice.follow ? scene.newest(span) + lead - span : (choice.start ?? scene.extent.start);
  return { start: clampStart(wanted, span, scene, choice.follow ? lead : 0), span };
}

/**
 * The choice after the window was moved to a start. Where it cannot move the choice is the same, and following
 * continues.
 * @param {ViewportChoice} choice
 * @param {TimeWindow} timeWindow on view now
 * @param {Scene} scene
 * @param {number} start
 * @returns {ViewportChoice}
 */
export function movedTo(choice, timeWindow, scene, start) {
  const clamped = clampStart(start, timeWindow.span, scene, 0);
  if (Math.abs(clamped - timeWindow.start) < 1e-9) return choice;
  return { start: clamped, span: timeWindow.span, follow: false };
}

/**
 * The choice after zooming by a factor (below 1: in) with one position fixed.
 * @param {TimeWindow} timeWindow
 * @param {Scene} scene
 * @param {number} width
 * @param {number} factor
 * @param {number} fixed
 * @returns {ViewportChoice}
 */
export function zoomedAbout(timeWindow, scene, width, factor, fixed) {
  const span = clampSpan(timeWindow.span * factor, scene, naturalSpan(scene, width));
  const start = fixed - ((fixed - timeWindow.start) * span) / timeWindow.span;
  return { start: clampStart(start, span, scene, 0), span, follow: false };
}

/**
 * @param {number} span
 * @param {Scene} scene
 * @param {number} natural
 */
function clampSpan(span, scene, natural) {
  const longest = Math.max(natural, scene.extent.end - scene.extent.start);
  return Math.min(longest, Math.max(SHORTEST_SPAN, span));
}

/**
 * @param {number} start
 * @param {number} span
 * @param {Scene} scene
 * @param {number} lead how far the window may reach past an end that is still moving
 */
function clampStart(start, span, scene, lead) {
  const { extent, isEndKnown } = scene;
  const last = extent.end + (isEndKnown ? 0 : lead) - span;
  return Math.max(extent.start, Math.min(start, last));
}
