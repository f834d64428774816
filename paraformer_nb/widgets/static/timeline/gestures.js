// Moving the window by pointer, wheel and keys; says what was meant, does nothing itself.

/**
 * What gestures ask for. Pixels are the canvas's own.
 * @typedef {object} Moves
 * @property {() => void} grab a drag begins: what is on view now is what it moves
 * @property {(pixels: number) => void} drag so far since the grab
 * @property {(pixels: number) => void} pan
 * @property {(factor: number, x: number) => void} zoomAt below 1: in
 */
/**
 * @typedef {object} KeyMoves
 * @property {(windows: number) => void} step by a part of the window
 * @property {(factor: number) => void} zoom
 * @property {(edge: "start" | "end") => void} jump
 */

const KEY_STEP = 0.2;
export const ZOOM_STEP = 0.7;

/**
 * @param {HTMLElement} canvas
 * @param {(x: number) => void} down
 * @param {(x: number) => void} move
 */
export function onDrag(canvas, down, move) {
  /** @param {PointerEvent} event */
  const xOf = (event) => event.clientX - canvas.getBoundingClientRect().left;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    down(xOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(xOf(event));
  });
}

/**
 * @param {HTMLElement} canvas
 * @param {Moves} moves
 */
export function onPointer(canvas, moves) {
  let grabbedAt = 0;
  const down = (/** @type {number} */ x) => {
    grabbedAt = x;
    moves.grab();
  };
  onDrag(canvas, down, (x) => moves.drag(x - grabbedAt));
  canvas.addEventListener("wheel", (event) => takeWheel(event, canvas, moves), { passive: false });
}

/**
 * A plain vertical wheel scrolls the notebook, as everywhere else on the page.
 * @param {WheelEvent} event
 * @param {HTMLElement} canvas
 * @param {Moves} moves
 */
function takeWheel(event, canvas, moves) {
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 16;
  const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
  if (event.ctrlKey || event.metaKey) {
    moves.zoomAt(Math.exp(event.deltaY * lines * 0.002), event.clientX - canvas.getBoundingClientRect().left);
  } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    moves.pan(sideways * lines);
  } else return;
  event.preventDefault();
}

/**
 * @param {HTMLElement} canvas
 * @param {KeyMoves} moves
 */
export function onKeys(canvas, moves) {
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => moves.step(-KEY_STEP),
    ArrowRight: () => moves.step(KEY_STEP),
    "+": () => moves.zoom(ZOOM_STEP),
    "=": () => moves.zoom(ZOOM_STEP),
    "-": () => moves.zoom(1 / ZOOM_STEP),
    Home: () => moves.jump("start"),
    End: () => moves.jump("end"),
  };
  canvas.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
}
