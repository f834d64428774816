// The samples of a WAV file as the kernel sends it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readWav } from "../../paraformer_nb/widgets/static/timeline/sound/wav.js";

test("samples are between -1 and 1, and begin where they were asked for", () => {
  const file = new DataView(new ArrayBuffer(50), 0, 50);
  file.setUint32(24, 16_000, true);
  [-32768, 0, 16384].forEach((value, i) => file.setInt16(44 + 2 * i, value, true));
  const { start, rate, values } = readWav(file, 2.5);
  assert.deepEqual([start, rate, ...values], [2.5, 16_000, -1, 0, 0.5]);
});

test("a file without sound has no samples", () => {
  assert.equal(readWav(new DataView(new ArrayBuffer(44)), 0).values.length, 0);
});
