// Questions to the kernel: each answer goes to its own, errors as errors, and nobody waits for ever.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Requests } from "../../paraformer_nb/widgets/static/timeline/model/requests.js";

/** @type {Record<string, unknown>[]} */
let sent;
/** @type {Requests} */
let requests;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  sent = [];
  requests = new Requests((content) => sent.push(content));
});

test("answers find their questions, in any order", async () => {
  const [first, second] = [requests.ask("audio", { index: 1 }), requests.ask("audio", { index: 2 })];
  assert.deepEqual(sent, [{ kind: "audio", id: 1, index: 1 }, { kind: "audio", id: 2, index: 2 }]);
  requests.answer({ kind: "reply", to: 2, mime: "b" }, []);
  requests.answer({ kind: "reply", to: 1, mime: "a" }, []);
  assert.equal((await first).content.mime, "a");
  assert.equal((await second).content.mime, "b");
});

test("an error is one, and a stray answer nothing", async () => {
  const asked = requests.ask("audio", { index: 1 });
  requests.answer({ kind: "reply", to: 99 }, []);
  requests.answer({ kind: "reply", to: 1, error: "The clip is gone." }, []);
  await assert.rejects(asked, /The clip is gone/);
});

test("a kernel that does not answer is given up", async () => {
  const asked = requests.ask("audio", { index: 1 });
  mock.timers.tick(60_000);
  await assert.rejects(asked, /did not answer/);
});
