// The window on view: whole, following, panned, zoomed, kept within the clip.

import assert from "node:assert/strict";
import { test } from "node:test";

import { movedTo, naturalSpan, windowOf, zoomedAbout } from "../../paraformer_nb/widgets/static/timeline/canvas/viewport.js";

/**
 * @param {number} start
 * @param {number} end
 * @param {number} newest
 * @param {boolean} isEndKnown
 */
const scene = (start, end, newest, isEndKnown = true) => ({ extent: { start, end }, isEndKnown, newest: () => newest });
const FOLLOW = { start: null, span: null, follow: true };

test("a short clip is seen whole, a long one about 8 s at a time at 1000 px", () => {
  assert.equal(naturalSpan(scene(0, 11, 0), 1000), 11);
  assert.ok(Math.abs(naturalSpan(scene(0, 3600, 0), 1000) - 7.7) < 0.1);
  assert.ok(Math.abs(naturalSpan(scene(0, 5, 5, false), 1000) - 7.7) < 0.1);
});

test("following begins at the clip's start and then keeps the newest near the right edge", () => {
  assert.equal(windowOf(FOLLOW, scene(10, 100, 12), 1000).start, 10);
  const window = windowOf(FOLLOW, scene(0, 100, 50), 1000);
  const right = window.start + window.span;
  assert.ok(right > 50 && right < 50.5);
  const last = windowOf(FOLLOW, scene(0, 100, 100), 1000);
  assert.ok(Math.abs(last.start + last.span - 100) < 1e-9);
});

test("an end that is not known leaves the same lead", () => {
  const window = windowOf(FOLLOW, scene(0, 50, 50, false), 1000);
  assert.ok(window.start + window.span > 50);
});

test("moving the window ends following and is kept while the run continues", () => {
  const now = scene(0, 100, 50);
  const choice = movedTo(FOLLOW, windowOf(FOLLOW, now, 1000), now, 20);
  assert.equal(choice.follow, false);
  assert.equal(windowOf(choice, scene(0, 100, 80), 1000).start, 20);
});

test("a window stays within the clip", () => {
  const now = scene(10, 100, 50);
  const window = windowOf(FOLLOW, now, 1000);
  assert.equal(movedTo(FOLLOW, window, now, -Infinity).start, 10);
  assert.ok(Math.abs((movedTo(FOLLOW, window, now, Infinity).start ?? 0) + window.span - 100) < 1e-9);
});

test("where the window cannot move, following continues", () => {
  const now = scene(0, 8, 4);
  assert.equal(movedTo(FOLLOW, windowOf(FOLLOW, now, 1000), now, 3), FOLLOW);
});

test("zooming keeps the position under the pointer", () => {
  const now = scene(0, 100, 50);
  const window = { start: 20, span: 10 };
  const choice = zoomedAbout(window, now, 1000, 0.5, 23);
  assert.equal(choice.span, 5);
  assert.ok(Math.abs((23 - (choice.start ?? 0)) / 5 - 0.3) < 1e-9);
});

test("zooming ends where samples are apart and at the whole", () => {
  const now = scene(0, 100, 50);
  assert.equal(zoomedAbout({ start: 20, span: 1 }, now, 1000, 0.001, 20).span, 0.02);
  const out = zoomedAbout({ start: 20, span: 50 }, now, 1000, 100, 20);
  assert.deepEqual([out.start, out.span], [0, 100]);
});
