// Clocks, ticks, and pixels.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, parseClock, ticksOf, timeToX, xToTime } from "../../paraformer_nb/widgets/static/timeline/model/scale.js";

test("a time as a clock", () => {
  assert.equal(clock(0, 0), "0:00");
  assert.equal(clock(28.94, 1), "0:28.9");
  assert.equal(clock(59.96, 1), "1:00.0");
  assert.equal(clock(3599.6, 0), "1:00:00");
  assert.equal(clock(3723, 0), "1:02:03");
  assert.equal(clock(-1, 1), "0:00.0");
});

test("time to pixels and back", () => {
  const window = { start: 20, span: 8 };
  assert.equal(timeToX(window, 800, 22), 200);
  assert.equal(xToTime(window, 800, timeToX(window, 800, 23.7)), 23.7);
});

test("ticks are at round times, apart from each other, at every zoom", () => {
  for (let span = 0.5; span < 200_000; span *= 1.9) {
    for (const width of [360, 1000, 2500]) {
      const { times } = ticksOf({ start: 12.34, span }, width);
      assert.ok(times.length <= width / 72 + 1, `${span} s on ${width} px: ${times.length}`);
      assert.ok(times.every((time) => time >= 12.34 - 1e-6 && time <= 12.34 + span + 1e-6));
      assert.ok(span > 86_400 || width < 1000 || times.length >= 3, `${span} s on ${width} px: ${times.length}`);
    }
  }
});

test("tenths are shown only where ticks need them", () => {
  assert.equal(ticksOf({ start: 0, span: 8 }, 1000).decimals, 0);
  assert.equal(ticksOf({ start: 0, span: 3 }, 1000).decimals, 1);
});

test("a time is read as people write it", () => {
  const times = /** @type {const} */ ([["63", 63], ["1:03.5", 63.5], ["1:02:30", 3750], [" 0:07 ", 7], [".5", 0.5], ["12,5 s", 12.5]]);
  for (const [text, seconds] of times) assert.equal(parseClock(text), seconds, text);
  for (const text of ["", "a", "1:", "1::2", "-3", "1:2:3:4", "1.5:00", "Infinity"]) assert.equal(parseClock(text), null, text);
});
