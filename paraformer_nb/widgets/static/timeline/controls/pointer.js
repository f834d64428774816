// Mouse, touch, pen and wheel on the picture, the axis and the minimap; calls the commands.

/** @import { Commands } from "./commands.js" */
/** @import { Hit, Stage } from "../canvas/stage.js" */
/**
 * What a pointer acts on; the draft is the focused word while an edge of it is dragged.
 * @typedef {{ commands: Commands, stage: Stage, moveDraft: (edge: "start" | "end", time: number) => void, dropDraft: () => void }} Targets
 */

const DRAG_PIXELS = 4; // less is a click with an unsteady hand
const WHEEL_ZOOM = 0.002;
const LINE = 16; // pixels of a wheel that counts in lines

/** @param {Targets} targets */
export function listenToPicture(targets) {
  const { commands, stage } = targets;
  const canvas = stage.pictureCanvas;
  /** @type {{ x: number, y: number, hit: Hit, last: number, isDrag: boolean } | null} */
  let press = null;
  /** @type {Map<number, number>} where each finger is */
  const fingers = new Map();

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const { x, y } = pointIn(canvas, event);
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, x);
    press = fingers.size > 1 ? null : { x, y, hit: stage.hit(x, y), last: x, isDrag: false };
  });
  canvas.addEventListener("pointermove", (event) => {
    const { x, y } = pointIn(canvas, event);
    if (fingers.size > 1) pinch(fingers, event.pointerId, x, stage);
    else if (press && fingers.has(event.pointerId)) drag(press, x, targets);
    else canvas.style.cursor = cursorFor(stage.hit(x, y));
  });
  canvas.addEventListener("pointerup", (event) => {
    const was = press;
    release(event);
    if (was?.isDrag && was.hit.edge) commands.moveEdge(was.hit.edge, stage.timeAt(was.last));
    else if (was && !was.isDrag) click(stage.hit(was.x, was.y), event, commands); // new words may have arrived since
    targets.dropDraft();
  });
  canvas.addEventListener("pointercancel", (event) => {
    release(event);
    targets.dropDraft();
  });
  canvas.addEventListener("dblclick", (event) => {
    const { x, y } = pointIn(canvas, event);
    const { part, index } = stage.hit(x, y);
    if (part === "word") commands.edit(index);
  });
  canvas.addEventListener("wheel", (event) => onWheel(event, canvas, stage), { passive: false });

  /** @param {PointerEvent} event */
  function release(event) {
    fingers.delete(event.pointerId);
    press = null;
  }
}

/**
 * A press on the frame drags it; a press beside it moves it there first.
 * @param {Stage} stage
 */
export function listenToMinimap(stage) {
  const canvas = stage.minimapCanvas;
  let held = 0;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const time = stage.minimapTimeAt(pointIn(canvas, event).x);
    held = time - stage.shown.start;
    if (held >= 0 && held <= stage.shown.span) return;
    held = stage.shown.span / 2;
    stage.moveTo(time - held);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) stage.moveTo(stage.minimapTimeAt(pointIn(canvas, event).x) - held);
  });
  canvas.addEventListener("wheel", (event) => onWheel(event, stage.pictureCanvas, stage), { passive: false });
}

/**
 * @param {{ x: number, hit: Hit, last: number, isDrag: boolean }} press
 * @param {number} x
 * @param {Targets} targets
 */
function drag(press, x, { commands, stage, moveDraft }) {
  press.isDrag ||= Math.abs(x - press.x) >= DRAG_PIXELS;
  if (!press.isDrag) return;
  const { part, time, edge } = press.hit;
  if (part === "axis") stage.pan(press.last - x);
  else if (edge) moveDraft(edge, stage.timeAt(x));
  else commands.select(time, stage.timeAt(x));
  press.last = x;
}

/**
 * @param {Hit} hit
 * @param {PointerEvent} event
 * @param {Commands} commands
 */
function click({ part, time, index }, event, commands) {
  if (part !== "word") commands.seek(time);
  else if (event.altKey) commands.playWord(index);
  else commands.playFromWord(index);
}

/**
 * Two fingers: the times under them stay under them.
 * @param {Map<number, number>} fingers
 * @param {number} id of the finger that moved
 * @param {number} x
 * @param {Stage} stage
 */
function pinch(fingers, id, x, stage) {
  const before = [...fingers.values()];
  fingers.set(id, x);
  const after = [...fingers.values()];
  const width = (/** @type {number[]} */ [a, b]) => Math.max(10, Math.abs(a - b));
  const middle = (/** @type {number[]} */ [a, b]) => (a + b) / 2;
  stage.zoomAt(width(before) / width(after), middle(before));
  stage.pan(middle(before) - middle(after));
}

/** @param {Hit} hit */
function cursorFor({ part, edge }) {
  if (edge) return "ew-resize";
  return part === "axis" ? "grab" : part === "word" ? "pointer" : "text";
}

/**
 * A plain vertical wheel scrolls the notebook, as everywhere else on the page.
 * @param {WheelEvent} event
 * @param {HTMLElement} canvas
 * @param {Stage} stage
 */
function onWheel(event, canvas, stage) {
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE;
  const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
  if (event.ctrlKey || event.metaKey) {
    stage.zoomAt(Math.exp(event.deltaY * lines * WHEEL_ZOOM), pointIn(canvas, event).x);
  } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    stage.pan(sideways * lines);
  } else return;
  event.preventDefault();
}

/**
 * @param {HTMLElement} element
 * @param {MouseEvent} event
 * @returns {{ x: number, y: number }} pixels from its corner
 */
function pointIn(element, event) {
  const { left, top } = element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
