// Requests to the kernel: each reply resolves its own, errors reject, and every request has a timeout.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Requests } from "../../paraformer_nb/widgets/static/timeline/model/requests.js";

/** @type {Record<string, unknown>[]} */
let sent;
/** @type {Requests} */
let requests;
let late = 0;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  sent = [];
  late = 0;
  requests = new Requests((content) => sent.push(content), () => late++);
});

test("replies resolve their requests, in any order", async () => {
  const [first, second] = [requests.send({ kind: "audio", index: 1 }), requests.send({ kind: "audio", index: 2 })];
  assert.deepEqual(sent, [{ kind: "audio", id: 1, index: 1 }, { kind: "audio", id: 2, index: 2 }]);
  requests.receive({ kind: "reply", request_id: 2, mime: "b" }, []);
  requests.receive({ kind: "reply", request_id: 1, mime: "a" }, []);
  assert.equal((await first).reply.mime, "a");
  assert.equal((await second).reply.mime, "b");
});

test("an error rejects, and the reply to an unknown request is ignored", async () => {
  const request = requests.send({ kind: "audio", index: 1 });
  requests.receive({ kind: "reply", request_id: 99 }, []);
  requests.receive({ kind: "reply", request_id: 1, error: "The clip is missing." }, []);
  await assert.rejects(request, /The clip is missing/);
});

test("a request without a reply is rejected after a timeout", async () => {
  const request = requests.send({ kind: "audio", index: 1 });
  mock.timers.tick(60_000);
  await assert.rejects(request, /did not answer/);
});

test("a late answer is reported, so that the kernel can be asked whether it is there", async () => {
  const request = requests.send({ kind: "audio", index: 1 });
  mock.timers.tick(1999);
  requests.receive({ kind: "reply", request_id: 1 }, []);
  await request;
  mock.timers.tick(10_000);
  assert.equal(late, 0);
  requests.send({ kind: "audio", index: 2 });
  mock.timers.tick(2000);
  assert.equal(late, 1);
});

test("all that wait are rejected where there is no kernel", async () => {
  const waiting = [requests.send({ kind: "audio", index: 1 }), requests.send({ kind: "audio", index: 2 })];
  requests.failAll("No kernel.");
  for (const request of waiting) await assert.rejects(request, /No kernel/);
  requests.receive({ kind: "reply", request_id: 1 }, []);
});
