// The benchmark of the timeline, in its page: gives each contender one input a frame, and times what follows.

// ------------------------------------------------------------------------------------------------------- instruments

/** Milliseconds spent in scripts other than our own since it was last set to 0; one in another is counted once. */
let work = 0;
let depth = 0;

const wrapped = new WeakMap();

function timed(call) {
  if (typeof call !== "function") return call;
  if (wrapped.has(call)) return wrapped.get(call);
  const timedCall = function (...given) {
    const begun = performance.now();
    depth++;
    try {
      return call.apply(this, given);
    } finally {
      if (--depth === 0) work += performance.now() - begun;
    }
  };
  wrapped.set(call, timedCall);
  return timedCall;
}

const nextFrame = window.requestAnimationFrame.bind(window);
const later = window.setTimeout.bind(window);
window.requestAnimationFrame = (call) => {
  const timedCall = timed(call);
  return nextFrame((stamp) => {
    noteFrame(stamp);
    timedCall(stamp);
  });
};
window.setTimeout = (call, ...rest) => later(timed(call), ...rest);
for (const name of ["ResizeObserver", "IntersectionObserver", "MutationObserver"]) {
  const Observer = window[name];
  window[name] = class extends Observer {
    constructor(call, ...rest) {
      super(timed(call), ...rest);
    }
  };
}
for (const name of ["addEventListener", "removeEventListener"]) {
  const native = EventTarget.prototype[name];
  EventTarget.prototype[name] = function (type, call, ...rest) {
    return native.call(this, type, timed(call), ...rest);
  };
}

/** When the frame began that is being made, or was made last. */
let frameBegun = 0;
let frameStamp = 0;

function noteFrame(stamp) {
  if (stamp === frameStamp) return;
  frameStamp = stamp;
  frameBegun = performance.now();
}

/** Runs a call as a task; in a promise's own turn Chromium would not count it as script. */
function asTask(call) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      resolve(call());
      port1.close();
    };
    port2.postMessage(null);
  });
}

/** When the next frame was painted, which is when the first task after it runs. */
function nextPaint() {
  return new Promise((resolve) => {
    nextFrame((stamp) => {
      noteFrame(stamp);
      resolve(asTask(() => performance.now()));
    });
  });
}

const WARM_UP = 2; // frames that start things up and are not counted
const LONGEST = 20_000; // milliseconds, after which no more is measured

/**
 * Runs `step` before each of so many frames, in a task of its own, as a browser hands out input. For each frame: the
 * time from the last one's beginning to its own, the work in scripts since then, and the time until it was painted. A
 * contender that is too slow is stopped.
 */
export async function measure(frames, step) {
  const figures = { interval: [], work: [], frame: [] };
  const deadline = performance.now() + LONGEST;
  let last = 0;
  for (let turn = -WARM_UP; turn < frames && performance.now() < deadline; turn++) {
    work = 0;
    await asTask(() => step(Math.max(0, turn)));
    const painted = await nextPaint();
    if (turn >= 0) {
      figures.interval.push(frameBegun - last);
      figures.work.push(work);
      figures.frame.push(painted - frameBegun);
    }
    last = frameBegun;
  }
  return figures;
}

export const idle = (frames) => measure(frames, () => {});
const frames = (count) => measure(count, () => {});

// -------------------------------------------------------------------------------------------------------------- ours

/** A widget model, as anywidget passes one, without a kernel. */
class Model {
  #values = new Map([["selection", null], ["playhead", 0]]);
  #handlers = new Map();

  get(name) {
    return this.#values.get(name);
  }

  set(name, value) {
    this.#values.set(name, value);
    this.#call(`change:${name}`);
  }

  on(event, handler) {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
  }

  off(event, handler) {
    this.#handlers.set(event, (this.#handlers.get(event) ?? []).filter((other) => other !== handler));
  }

  #call(event, ...given) {
    for (const handler of this.#handlers.get(event) ?? []) timed(handler)(...given);
  }

  /** Delivers a message of the kernel. */
  receive(content, buffers) {
    this.#call("msg:custom", content, buffers);
  }

  send() {}

  save_changes() {}
}

const model = new Model();
const receive = (content, buffers) => model.receive(content, buffers);
export const selection = () => model.get("selection");

/** The messages of a file: what a kernel would send. */
async function messagesOf(name) {
  const [list, bytes] = await Promise.all([
    fetch(`/${name}.json`).then((answer) => answer.json()),
    fetch(`/${name}.bin`).then((answer) => answer.arrayBuffer()),
  ]);
  let at = 0;
  return list.map(({ content, lengths }) => {
    const buffers = lengths.map((length) => new DataView(bytes.slice(at, (at += length))));
    return { content, buffers };
  });
}

/** Shows the timeline with the messages of a file. Returns the milliseconds until it was painted. */
export async function show(name) {
  const messages = await messagesOf(name);
  const widget = (await import("/linked.js")).default;
  const begun = performance.now();
  widget.initialize?.({ model });
  await widget.render({ model, el: document.getElementById("here") });
  for (const { content, buffers } of messages) receive(content, buffers);
  await frames(1);
  return performance.now() - begun;
}

const canvas = () => document.querySelector(".pnb-picture");

/** The window on view, as the picture describes itself: "… Shows 0:12.5 to 0:32.5." */
export function windowOnView() {
  const times = canvas().getAttribute("aria-label").match(/[\d:.]*\d(?= to )|(?<= to )[\d:.]*\d/g);
  return times.map((clock) => clock.split(":").reduce((sum, part) => 60 * sum + Number(part), 0));
}

function wheel(share, given) {
  const { left, top, width } = canvas().getBoundingClientRect();
  const at = { clientX: left + share * width, clientY: top + 60, bubbles: true, cancelable: true };
  canvas().dispatchEvent(new WheelEvent("wheel", { ...at, ...given }));
}

/** Moves the pointer over the words as well, so that the word under it must be found in each frame. */
function hover(count) {
  const { left, top, width, height } = canvas().getBoundingClientRect();
  const at = { clientX: left + ((count * 37) % width), clientY: top + height - 60, pointerType: "mouse", pointerId: 1 };
  canvas().dispatchEvent(new PointerEvent("pointermove", { ...at, bubbles: true, cancelable: true }));
}

const ZOOM_A_PIXEL = 0.002; // the logarithm of the zoom for a pixel of wheel; `zoomTo` works whatever it is

/** Zooms until so many seconds are on view, or as many as there are. */
export async function zoomTo(span) {
  for (let tries = 0; tries < 30; tries++) {
    const [start, end] = windowOnView();
    const way = Math.log(span / (end - start));
    if (Math.abs(way) < 0.03) break;
    wheel(0.5, { ctrlKey: true, deltaY: way / ZOOM_A_PIXEL });
    await frames(3);
  }
}

/** Pans to where the clip begins. */
export async function toStart() {
  for (let tries = 0; tries < 30 && windowOnView()[0] > 0; tries++) {
    wheel(0.5, { deltaX: -1e6 });
    await frames(3);
  }
}

export function pan(count, pixels) {
  return measure(count, (turn) => {
    hover(turn);
    wheel(0.5, { deltaX: pixels });
  });
}

/** Out by a factor over so many frames. */
export function zoomOut(count, factor) {
  const pixels = Math.log(factor) / count / ZOOM_A_PIXEL;
  return measure(count, (turn) => {
    hover(turn);
    wheel(0.5, { ctrlKey: true, deltaY: pixels });
  });
}

const text = () => document.querySelector(".pnb-text");
export const textTop = () => text().scrollTop;

/** Makes the text pane so many pixels high, and goes to where the text begins. */
export async function openText(height) {
  Object.assign(text().style, { height: `${height}px`, maxHeight: "none" });
  text().scrollTop = 0;
  await frames(3);
}

export const scrollText = (count, pixels) => measure(count, () => text().scrollBy(0, pixels));

/**
 * Live updates one by one: the milliseconds spent in scripts until the frame that draws one is made, and those of the
 * handler and that whole frame, layout and paint included.
 */
export async function update(name) {
  const figures = { script: [], whole: [] };
  for (const { content, buffers } of await messagesOf(name)) {
    await new Promise((resolve) => later(resolve, 50));
    work = 0;
    await asTask(() => receive(content, buffers));
    const handler = work;
    const painted = await nextPaint();
    figures.script.push(work);
    figures.whole.push(handler + painted - frameBegun);
  }
  return figures;
}

// ------------------------------------------------------------------------------------------------------------ theirs

let surfer;
let duration;

/** Shows wavesurfer with a region for each word, some seconds on view; the milliseconds until that was painted. */
export async function showTheirs(name, span) {
  const [WaveSurfer, Regions] = await Promise.all([
    import("/wavesurfer.esm.js").then((module) => module.default),
    import("/regions.esm.js").then((module) => module.default),
  ]);
  const words = await fetch(`/${name}.words.json`).then((answer) => answer.json());
  const peaks = new Float32Array(await fetch(`/${name}.peaks.bin`).then((answer) => answer.arrayBuffer()));
  const regions = Regions.create();
  const container = document.getElementById("here");
  const begun = performance.now();
  duration = peaks.length / 100;
  const minPxPerSec = container.clientWidth / span;
  surfer = WaveSurfer.create({ container, height: 226, minPxPerSec, peaks: [peaks], duration, plugins: [regions] });
  await new Promise((resolve) => surfer.once("ready", resolve));
  for (const [start, end, content] of words) regions.addRegion({ start, end, content, drag: false, resize: false });
  await frames(2);
  return performance.now() - begun;
}

const zoomTheirs = (span) => surfer.zoom(surfer.getWidth() / span);

export async function zoomTheirsTo(span) {
  zoomTheirs(span);
  surfer.setScrollTime(0);
  await frames(5);
}

/** Their own panning is the browser's scrolling, so it is what is set. */
export const panTheirs = (count, pixels) =>
  measure(count, timed(() => surfer.setScroll(surfer.getScroll() + pixels)));

export const zoomTheirsOut = (count, factor) =>
  measure(count, timed((turn) => zoomTheirs((duration / factor) * factor ** (turn / count))));
