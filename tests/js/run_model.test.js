// The messages of one run: starting over when an update is missing, Stop, the drawn end once, no kernel.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { RunModel } from "../../paraformer_nb/widgets/static/timeline/run_model.js";
import { FakeModel, makeRun, makeSentence, makeUpdate } from "./fixtures.js";

/** @type {FakeModel} */
let model;
/** @type {RunModel} */
let runModel;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  model = new FakeModel();
  runModel = new RunModel(model.proxy());
});

/** @param {Partial<import("../../paraformer_nb/widgets/static/timeline/messages.js").RunState>} over */
function begin(over = {}) {
  model.receive(makeUpdate(5, { reset: true, run: makeRun(over), sentences: [makeSentence(1, 0, "old words")] }));
}

test("syncs once at the start and counts from the answer's number", () => {
  assert.deepEqual(model.sent, ["sync"]);
  begin();
  model.receive(makeUpdate(6, { sentences: [makeSentence(2, 5, "new")] }));
  assert.equal(runModel.transcript.words.count, 3);
  assert.deepEqual(model.sent, ["sync"]);
});

test("what arrives before the first answer is ignored, without syncing again", () => {
  model.receive(makeUpdate(4, { sentences: [makeSentence(9, 0, "early")] }));
  assert.equal(runModel.transcript.words.count, 0);
  assert.deepEqual(model.sent, ["sync"]);
});

test("a missing number syncs once, ignores all until the reset, and recovers", () => {
  begin();
  for (const seq of [7, 8, 9]) model.receive(makeUpdate(seq, { sentences: [makeSentence(seq, seq, "lost")] }));
  assert.deepEqual(model.sent, ["sync", "sync"]);
  assert.equal(runModel.transcript.words.count, 2);
  model.receive(makeUpdate(10, { reset: true, run: makeRun(), sentences: [makeSentence(3, 0, "all of it")] }));
  model.receive(makeUpdate(11, { sentences: [makeSentence(4, 9, "more")] }));
  assert.equal(runModel.transcript.words.count, 4);
  assert.deepEqual(model.sent, ["sync", "sync"]);
});

test("a number out of order syncs too", () => {
  begin();
  model.receive(makeUpdate(5, {}));
  assert.deepEqual(model.sent, ["sync", "sync"]);
});

test("a sync without an answer is repeated after 2 s, when the next update shows that it was lost", () => {
  begin();
  model.receive(makeUpdate(8, {}));
  mock.timers.tick(1900);
  model.receive(makeUpdate(9, {}));
  assert.deepEqual(model.sent, ["sync", "sync"]);
  mock.timers.tick(200);
  model.receive(makeUpdate(10, {}));
  assert.deepEqual(model.sent, ["sync", "sync", "sync"]);
});

test("no answer in 3 s means no kernel, until a message arrives", () => {
  let notified = 0;
  runModel.addListener(() => notified++);
  mock.timers.tick(2999);
  assert.equal(runModel.isDisconnected, false);
  mock.timers.tick(1);
  assert.equal(runModel.isDisconnected, true);
  assert.equal(notified, 1);
  begin();
  assert.equal(runModel.isDisconnected, false);
  mock.timers.tick(10_000);
  assert.equal(runModel.isDisconnected, false);
});

test("sound that a restarted kernel will never send is given up in seconds; a kernel that answers is waited for", async () => {
  begin();
  const request = runModel.requests.send({ kind: "audio", index: 0 });
  mock.timers.tick(2000);
  assert.deepEqual(model.sent, ["sync", "audio", "ping"], "hours of words are not sent again");
  model.receive({ kind: "pong" }); // it decodes a long clip
  mock.timers.tick(30_000);
  model.receive({ kind: "reply", request_id: 1, mime: "late" });
  assert.equal((await request).reply.mime, "late");
  const second = runModel.requests.send({ kind: "audio", index: 1 });
  mock.timers.tick(2000);
  mock.timers.tick(3000);
  await assert.rejects(second, /No answer/);
  assert.equal(runModel.isDisconnected, true);
});

test("a request to a kernel that was shut down is given up at once", async () => {
  begin();
  model.isDead = true;
  await assert.rejects(runModel.requests.send({ kind: "audio", index: 0 }), /No answer/);
});

test("Stop is sent once, and can be pressed again only after the state changed", () => {
  begin();
  runModel.stop();
  runModel.stop();
  assert.equal(runModel.isStopping, true);
  assert.deepEqual(model.sent, ["sync", "stop"]);
  model.receive(makeUpdate(6, { run: makeRun({ state: "streaming", sent_until: 9 }) }));
  assert.equal(runModel.isStopping, true);
  model.receive(makeUpdate(7, { run: makeRun({ state: "finishing" }) }));
  assert.equal(runModel.isStopping, false);
});

test("Stop with a dead comm shows that there is no kernel", () => {
  begin();
  model.isDead = true;
  runModel.stop();
  assert.equal(runModel.isDisconnected, true);
  assert.equal(runModel.isStopping, false);
});

test("the drawn end is sent once, not before the end and never again", () => {
  begin();
  runModel.afterDraw();
  assert.deepEqual(model.sent, ["sync"]);
  model.receive(makeUpdate(6, { run: makeRun({ state: "finished" }) }));
  assert.deepEqual(model.sent, ["sync"]);
  for (let i = 0; i < 70; i++) runModel.afterDraw();
  model.receive(makeUpdate(7, { reset: true, run: makeRun({ state: "finished" }) }));
  runModel.afterDraw();
  assert.deepEqual(model.sent, ["sync", "end-drawn"]);
});

test("after the end, corrections that have paused send the drawn end again", () => {
  begin({ state: "finished" });
  runModel.afterDraw();
  const at = model.sent.length;
  for (const seq of [6, 7]) {
    model.receive(makeUpdate(seq, { sentences: [makeSentence(1, 0, `words ${seq}`)] }));
    mock.timers.tick(1000);
  }
  assert.deepEqual(model.sent.slice(at), []);
  mock.timers.tick(1000);
  assert.deepEqual(model.sent.slice(at), ["end-drawn"]);
  model.receive(makeUpdate(8, { run: makeRun({ state: "finished", can_undo: true }) }));
  mock.timers.tick(5000);
  assert.deepEqual(model.sent.slice(at), ["end-drawn"]);
});

test("the kernel can have the drawn end sent again, to replace outputs where it runs cells", () => {
  begin({ state: "finished" });
  model.receive({ kind: "still-made" });
  assert.deepEqual(model.sent, ["sync", "end-drawn"]);
});

test("a run that had ended is shown from its start; one that ends in view stays where it was", () => {
  begin({ state: "stopped" });
  assert.equal(runModel.viewportChoice.follow, false);
  assert.equal(runModel.textTop, 0);
  const other = new FakeModel();
  const live = new RunModel(other.proxy());
  other.receive(makeUpdate(1, { reset: true, run: makeRun() }));
  other.receive(makeUpdate(2, { run: makeRun({ state: "finished" }) }));
  assert.equal(live.viewportChoice.follow, true);
});

test("sentences from before the first view are not read out", () => {
  begin();
  assert.deepEqual([...runModel.announced], [1]);
});

test("views are notified until they unsubscribe; closing unsubscribes from the widget model", () => {
  let notified = 0;
  const unsubscribe = runModel.addListener(() => notified++);
  begin();
  unsubscribe();
  model.receive(makeUpdate(6, {}));
  assert.equal(notified, 1);
  runModel.close();
  assert.equal(model.handlers.length, 0);
});

test("messages of other kinds are ignored, with a warning on the console", () => {
  const warn = mock.method(console, "warn", () => {});
  begin();
  model.receive({ kind: "anywidget-command" });
  assert.deepEqual(model.sent, ["sync"]);
  assert.equal(warn.mock.callCount(), 1);
  warn.mock.restore();
});

test("a correction is shown at once, and the kernel's answer replaces it", () => {
  begin();
  const [sentence] = runModel.transcript.order;
  const [old] = sentence.words;
  runModel.correct(sentence, { old: [old], new: [{ ...old, text: "new", is_edited: true }] });
  assert.deepEqual(runModel.transcript.words.rows.map(({ text }) => text), ["new", "words"]);
  assert.equal(model.sent.at(-1), "correct");
  assert.deepEqual(model.contents.at(-1)?.old, [["old", "", 0, 0.4, 0.9, "", false]]); // it travels as an array
  model.receive({ kind: "refused", text: "This is not possible." }); // refused: everything is sent again
  assert.equal(runModel.message, "This is not possible.");
  assert.equal(model.sent.at(-1), "sync");
});

test("a correction without an answer is reported", () => {
  begin();
  runModel.undo();
  mock.timers.tick(3000);
  assert.match(runModel.message, /No answer/);
});

test("a search is repeated in what changes", () => {
  begin();
  runModel.cursor.found = { text: "new", matches: [], current: -1 };
  model.receive(makeUpdate(6, { sentences: [makeSentence(2, 5, "a new one")] }));
  assert.deepEqual(runModel.cursor.found.matches.map(({ first, last }) => [first, last]), [[3, 3]]);
});

test("a Stop that the kernel has not read in 2.5 s is reported as unread, until it is", () => {
  begin();
  runModel.stop();
  mock.timers.tick(2400);
  assert.equal(runModel.isStopUnread, false);
  mock.timers.tick(200);
  assert.equal(runModel.isStopUnread, true);
  model.receive(makeUpdate(6, { run: makeRun({ can_stop: false }), sentences: [] }));
  assert.equal(runModel.isStopUnread, false);
});

test("a Stop that the kernel has read is not reported as unread", () => {
  begin();
  runModel.stop();
  model.receive(makeUpdate(6, { run: makeRun({ can_stop: false }), sentences: [] }));
  mock.timers.tick(3000);
  assert.equal(runModel.isStopUnread, false);
});
