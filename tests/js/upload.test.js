// Uploading in blocks: one is on its way at a time, and a refusal ends it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { megabytes, uploadFile } from "../../paraformer_nb/widgets/static/upload/blocks.js";

/** @import { Answer } from "../../paraformer_nb/widgets/static/upload/blocks.js" */

const FILE = new File([Uint8Array.from({ length: 25 }, (_, i) => i)], "clip.wav");

test("a file travels in blocks, each sent when the one before it has arrived", async () => {
  /** @type {object[]} */
  const sent = [];
  /** @type {number[]} */
  const bytes = [];
  /** @type {number[]} */
  const progress = [];
  let waiting = 0;
  await uploadFile(FILE, 10, async (message, buffers) => {
    assert.equal(++waiting, 1, "two are on their way");
    sent.push(message);
    for (const buffer of buffers) bytes.push(...new Uint8Array(buffer));
    await new Promise((resolve) => setTimeout(resolve, 1));
    waiting--;
    return { kind: "received", bytes: bytes.length };
  }, (sent) => progress.push(sent));
  assert.deepEqual(sent, [
    { kind: "begin", name: "clip.wav", size: 25 },
    { kind: "block", offset: 0 }, { kind: "block", offset: 10 }, { kind: "block", offset: 20 },
  ]);
  assert.deepEqual(bytes, Array.from({ length: 25 }, (_, i) => i));
  assert.deepEqual(progress, [0, 10, 20]);
});

test("a refusal ends the upload with its reason, at any block", async () => {
  for (const refusedAt of [1, 2, 4]) {
    let asked = 0;
    const ask = async () => /** @type {Answer} */ (++asked === refusedAt ? { kind: "refused", reason: "No." } : { kind: "received", bytes: 0 });
    await assert.rejects(uploadFile(FILE, 10, ask, () => {}), /No\./);
    assert.equal(asked, refusedAt);
  }
});

test("an upload that is cancelled sends no more", async () => {
  for (const cancelledAt of [1, 2, 4]) {
    let asked = 0;
    const ask = async () => /** @type {Answer} */ (++asked === cancelledAt ? { kind: "cancelled" } : { kind: "received", bytes: 0 });
    assert.equal(await uploadFile(FILE, 10, ask, () => {}), false);
    assert.equal(asked, cancelledAt);
  }
});

test("a folder, or a file that was moved, is explained", async () => {
  const moved = { name: "gone.wav", size: 5, slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("?", "NotFoundError")) }) };
  const ask = async () => /** @type {Answer} */ ({ kind: "received", bytes: 0 });
  await assert.rejects(uploadFile(moved, 10, ask, () => {}), /gone\.wav cannot be read: it may be a folder/);
});

test("sizes are shown in megabytes", () => {
  assert.equal(megabytes(1_234_567), "1.2 MB");
  assert.equal(megabytes(123_456_789), "123 MB");
});
