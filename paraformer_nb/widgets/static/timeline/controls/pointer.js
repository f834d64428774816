// Mouse, touch, pen and wheel on the picture, the axis and the minimap; calls the commands.

/** @import { Commands } from "./commands.js" */
/** @import { Hit, Stage } from "../canvas/stage.js" */
/**
 * What a pointer acts on; the draft is the focused word while an edge of it is dragged.
 * @typedef {{ commands: Commands, stage: Stage, moveDraft: (edge: "start" | "end", time: number) => void, dropDraft: () => void, hover: (point: { time: number, y: number } | null) => void }} Targets
 */

const DRAG_PIXELS = 4; // less is a click with an unsteady hand
const SWIPE_PIXELS = 10; // of a finger; before that, and up or down, it scrolls the page
const HOLD_MS = 450; // that a finger rests before it selects
const WHEEL_ZOOM = 0.002;
const LINE = 16; // pixels of a wheel that counts in lines

/**
 * @typedef {object} Press
 * @property {number} x
 * @property {number} y
 * @property {Hit} hit
 * @property {number} last x of the last move
 * @property {boolean} isDrag
 * @property {boolean} isHeld a drag selects; that of a finger that did not rest before moves the window
 * @property {() => void} restore undoes what the drag did: a finger's drag may turn out to scroll the page
 */

/** @param {Targets} targets */
export function listenToPicture(targets) {
  const { commands, stage } = targets;
  const canvas = stage.pictureCanvas;
  /** @type {Press | null} */
  let press = null;
  /** @type {Map<number, number>} where each finger is */
  const fingers = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let holding;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const { x, y } = pointIn(canvas, event);
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, x);
    if (fingers.size > 1 && press?.isDrag) press.restore();
    clearTimeout(holding);
    if (event.pointerType === "touch" && fingers.size === 1) holding = setTimeout(() => hold(), HOLD_MS);
    press = fingers.size > 1 ? null : { isHeld: event.pointerType !== "touch", x, y, hit: stage.hit(x, y), last: x, isDrag: false, restore: restorer(targets) };
  });
  canvas.addEventListener("pointermove", (event) => {
    const { x, y } = pointIn(canvas, event);
    targets.hover(event.pointerType === "touch" ? null : { time: stage.timeAt(x), y });
    if (fingers.size > 1) pinch(fingers, event.pointerId, x, stage);
    else if (press && fingers.has(event.pointerId)) drag(press, x, y, event, targets);
    else canvas.style.cursor = cursorFor(stage.hit(x, y));
  });
  canvas.addEventListener("pointerup", (event) => {
    const was = press;
    release(event);
    if (was?.isDrag && was.isHeld && was.hit.part !== "axis" && !was.hit.edge) commands.selecting.end();
    if (was?.isDrag && was.hit.edge) commands.correcting.moveEdge(was.hit.edge, stage.timeAt(was.last));
    else if (was && !was.isDrag && !(was.isHeld && event.pointerType === "touch") && !isSwipe(was, event, canvas)) {
      click(stage.hit(was.x, was.y), event, commands); // new words may have arrived since
    }
    targets.dropDraft();
  });
  canvas.addEventListener("pointercancel", (event) => {
    commands.selecting.cancel();
    if (press?.isDrag) press.restore();
    release(event);
    targets.dropDraft();
  });
  canvas.addEventListener("pointerleave", () => targets.hover(null));
  canvas.addEventListener("dblclick", (event) => {
    const { x, y } = pointIn(canvas, event);
    const { part, index } = stage.hit(x, y);
    if (part === "word") commands.proofreading.edit(index, "picture");
  });
  canvas.addEventListener("wheel", (event) => onWheel(event, canvas, stage), { passive: false });
  listenToGestures(canvas, stage, () => fingers.size > 0);

  /** A finger that rests begins to select, with the word under it. */
  function hold() {
    if (!press || press.isDrag || press.hit.part === "axis") return;
    press.isHeld = true;
    commands.selectAt(press.hit.time);
  }

  /** @param {PointerEvent} event */
  function release(event) {
    clearTimeout(holding);
    fingers.delete(event.pointerId);
    press = null;
  }
}

/**
 * Safari's events of a pinch on a trackpad; it has no others for that. A touch screen has them beside its pointers.
 * @param {HTMLElement} canvas
 * @param {Stage} stage
 * @param {() => boolean} hasFingers
 */
function listenToGestures(canvas, stage, hasFingers) {
  let scale = 1;
  const zoom = (/** @type {Event} */ event) => {
    event.preventDefault(); // it would zoom the page
    const now = event.type === "gesturestart" ? 1 : Number(Reflect.get(event, "scale"));
    if (event.type === "gesturechange" && now > 0 && !hasFingers()) {
      stage.zoomAt(scale / now, Number(Reflect.get(event, "clientX")) - canvas.getBoundingClientRect().left);
    }
    scale = now;
  };
  for (const name of ["gesturestart", "gesturechange", "gestureend"]) canvas.addEventListener(name, zoom);
}

/**
 * A press on the frame drags it; a press beside it moves it there first. A finger may be about to scroll the page: it
 * moves the frame once it moves sideways, or is lifted.
 * @param {Stage} stage
 */
export function listenToMinimap(stage) {
  const canvas = stage.minimapCanvas;
  let held = 0;
  /** @type {{ x: number, y: number } | null} where a finger is down that has not moved sideways */
  let resting = null;
  const grab = (/** @type {number} */ x) => {
    const time = stage.minimapTimeAt(x);
    held = time - stage.shown.start;
    if (held >= 0 && held <= stage.shown.span) return;
    held = stage.shown.span / 2;
    stage.moveTo(time - held);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const point = pointIn(canvas, event);
    resting = event.pointerType === "touch" ? point : null;
    if (!resting) grab(point.x);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const { x, y } = pointIn(canvas, event);
    if (resting) {
      if (!isDrag(resting, x, y, event)) return;
      grab(resting.x);
      resting = null;
    }
    stage.moveTo(stage.minimapTimeAt(x) - held);
  });
  canvas.addEventListener("pointerup", () => {
    if (resting) grab(resting.x);
    resting = null;
  });
  canvas.addEventListener("pointercancel", () => (resting = null));
  canvas.addEventListener("wheel", (event) => onWheel(event, stage.pictureCanvas, stage), { passive: false });
}

/**
 * Whether a pointer has moved so far from where it was pressed that it drags.
 * @param {{ x: number, y: number }} from
 * @param {number} x
 * @param {number} y
 * @param {PointerEvent} event
 */
function isDrag(from, x, y, { pointerType }) {
  const [across, down] = [Math.abs(x - from.x), Math.abs(y - from.y)];
  return pointerType === "touch" ? across >= SWIPE_PIXELS && across > down : across >= DRAG_PIXELS;
}

/**
 * Whether a finger was lifted elsewhere than where it was put down.
 * @param {Press} press
 * @param {PointerEvent} event
 * @param {HTMLElement} canvas
 */
function isSwipe(press, event, canvas) {
  const { x, y } = pointIn(canvas, event);
  return event.pointerType === "touch" && Math.hypot(x - press.x, y - press.y) >= SWIPE_PIXELS;
}

/**
 * @param {Press} press
 * @param {number} x
 * @param {number} y
 * @param {PointerEvent} event
 * @param {Targets} targets
 */
function drag(press, x, y, event, { commands, stage, moveDraft }) {
  const { part, time, edge, selected } = press.hit;
  const begins = !press.isDrag && isDrag(press, x, y, event);
  press.isDrag ||= begins;
  if (!press.isDrag) return;
  if (part === "axis" || !press.isHeld) stage.pan(press.last - x);
  else if (edge) moveDraft(edge, stage.timeAt(x));
  else {
    if (begins) commands.selecting.begin(selected, time);
    commands.selecting.move(x, event.altKey);
  }
  press.last = x;
}

/**
 * Makes a function that selects what is selected now, and shows what is shown now.
 * @param {Targets} targets
 */
function restorer({ commands, stage }) {
  const { selection } = commands;
  const { choice } = stage;
  return () => {
    if (selection) commands.select(...selection);
    else commands.deselect();
    stage.choice = choice;
  };
}

/**
 * @param {Hit} hit
 * @param {PointerEvent} event
 * @param {Commands} commands
 */
function click({ part, time, index, region }, event, commands) {
  if (event.shiftKey && part !== "axis") commands.selecting.extendTo(time, event.altKey);
  else if (region >= 0) commands.selecting.chooseRegion(region);
  else if (part !== "word") commands.seek(time);
  else if (event.altKey) commands.playWord(index);
  else commands.goTo(index);
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
function cursorFor({ part, edge, selected, region }) {
  if (region >= 0) return "pointer";
  if (edge || selected === "start" || selected === "end") return "ew-resize";
  if (selected === "body") return "move";
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
