// Windows of a long clip: which are wanted around a time, which spans are dropped, which are buffered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FETCHED_AHEAD, KEPT_BEHIND, bufferedUntil, isBuffered, staleSpans, wantedWindows } from "../../paraformer_nb/widgets/static/timeline/sound/windows.js";

test("the window of the playhead comes first, then those ahead", () => {
  assert.deepEqual(wantedWindows(5405, 10, Infinity), [540, 541, 542, 543]);
  assert.deepEqual(wantedWindows(0, 10, Infinity), [0, 1, 2, 3]);
});

test("right behind a seam the window before is wanted too: a decoder needs a moment to start", () => {
  assert.equal(wantedWindows(20, 10, Infinity)[0], 1);
  assert.equal(wantedWindows(20.05, 10, Infinity)[0], 1);
  assert.equal(wantedWindows(20.2, 10, Infinity)[0], 2);
});

test("nothing is wanted behind the clip's end", () => {
  assert.deepEqual(wantedWindows(25, 10, 4), [2, 3]);
  assert.deepEqual(wantedWindows(45, 10, 4), []);
});

test("what is far from the playhead is dropped, by whole windows", () => {
  const buffered = [{ start: 0, end: 120 }];
  assert.deepEqual(staleSpans(buffered, 65, 10), [{ start: 0, end: 30 }, { start: 100, end: 120 }]);
  assert.deepEqual(staleSpans(buffered, 65, 10, 5, 5), [{ start: 0, end: 60 }, { start: 80, end: 120 }]);
  assert.deepEqual(staleSpans([{ start: 30, end: 100 }], 65, 10), []);
});

test("a span far behind is dropped whole", () => {
  const stale = staleSpans([{ start: 10, end: 50 }, { start: 5400, end: 5410 }], 5401, 10);
  assert.deepEqual(stale, [{ start: 10, end: 50 }]);
});

test("at most both sides and a window each are kept; what is wanted is kept", () => {
  for (let time = 0; time < 200; time += 0.37) {
    let kept = 400;
    const stale = staleSpans([{ start: 0, end: 400 }], time, 10);
    for (const { start, end } of stale) kept -= end - start;
    assert.ok(kept <= FETCHED_AHEAD + KEPT_BEHIND + 20, `${kept} s at ${time}`);
    for (const index of wantedWindows(time, 10, Infinity)) {
      assert.ok(!stale.some(({ start, end }) => start < index * 10 + 10 && index * 10 < end), `${index} at ${time}`);
    }
  }
});

test("the span around a time is found, and null where nothing is buffered", () => {
  const buffered = [{ start: 10.005, end: 20 }, { start: 40, end: 50 }];
  assert.equal(bufferedUntil(buffered, 10), 20);
  assert.equal(bufferedUntil(buffered, 19.9), 20);
  assert.equal(bufferedUntil(buffered, 20), null);
  assert.equal(bufferedUntil(buffered, 30), null);
});

test("a window is buffered when it is buffered up to where it ended", () => {
  const buffered = [{ start: 0, end: 24.52 }];
  assert.equal(isBuffered(buffered, 1, 10, 20), true);
  assert.equal(isBuffered(buffered, 2, 10, 24.52), true, "the clip's last one is short");
  assert.equal(isBuffered(buffered, 2, 10, Infinity), false, "it never arrived");
  assert.equal(isBuffered(buffered, 3, 10, Infinity), false);
  assert.equal(isBuffered([{ start: 0, end: 15 }], 1, 10, 20), false, "the browser dropped half of it");
});
