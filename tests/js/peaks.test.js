// The growing waveform: reading returns what was written, at every zoom.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Peaks } from "../../paraformer_nb/widgets/static/timeline/model/peaks.js";

/** @param {number[]} values */
const view = (values) => new DataView(Int8Array.from(values).buffer);

/**
 * @param {Peaks} peaks
 * @param {number} from
 * @param {number} to
 */
function read(peaks, from, to) {
  peaks.read(from, to);
  return [peaks.low, peaks.high];
}

test("nothing written reads as silence", () => {
  const peaks = new Peaks();
  assert.deepEqual(read(peaks, 0, 100), [0, 0]);
  assert.equal(peaks.end, 0);
});

test("appended parts are read back at their own times", () => {
  const peaks = new Peaks();
  peaks.write(0, 0.01, view([-1, 2, -3, 4]));
  peaks.write(0.02, 0.01, view([-50, 60]));
  assert.deepEqual(read(peaks, 0, 0.01), [-1, 2]);
  assert.deepEqual(read(peaks, 0.01, 0.02), [-3, 4]);
  assert.deepEqual(read(peaks, 0, 0.03), [-50, 60]);
  assert.equal(peaks.loudest, 60);
  assert.ok(Math.abs(peaks.end - 0.03) < 1e-9);
});

test("a part of a clip begins at its first peaks; before them is silence", () => {
  const peaks = new Peaks();
  peaks.write(60, 0.01, view([-9, 9]));
  assert.equal(peaks.start, 60);
  assert.deepEqual(read(peaks, 0, 59), [0, 0]);
  assert.deepEqual(read(peaks, 59, 61), [-9, 9]);
});

test("overwriting replaces, also in the coarser levels", () => {
  const peaks = new Peaks();
  peaks.write(0, 0.01, view(new Array(20_000).fill(100)));
  peaks.write(0, 0.01, view(new Array(20_000).fill(0)));
  assert.deepEqual(read(peaks, 0, 100), [0, 0]);
});

test("a window over a data view with an offset reads its own bytes", () => {
  const bytes = Int8Array.from([7, 7, -5, 6]);
  const peaks = new Peaks();
  peaks.write(0, 0.01, new DataView(bytes.buffer, 2, 2));
  assert.deepEqual(read(peaks, 0, 0.01), [-5, 6]);
});

test("a single extreme is found at every zoom, however the waveform grew", () => {
  const peaks = new Peaks();
  const bins = 50_000;
  for (let first = 0; first < bins; first += 7) {
    const part = new Array(14).fill(0);
    if (first <= 33_333 && 33_333 < first + 7) [part[(33_333 - first) * 2], part[(33_333 - first) * 2 + 1]] = [-77, 88];
    peaks.write(first / 100, 0.01, view(part));
  }
  for (let span = 0.01; span < 500; span *= 1.7) {
    assert.deepEqual(read(peaks, 333.33 - span / 2, 333.335 + span / 2), [-77, 88], `span ${span}`);
  }
  assert.deepEqual(read(peaks, 0, 330), [0, 0]);
  assert.deepEqual(read(peaks, 337, 500), [0, 0]);
});
