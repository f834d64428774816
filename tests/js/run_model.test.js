// The messages of one model: starting over when one is missing, Stop, "finished" once, no kernel.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { RunModel } from "../../paraformer_nb/widgets/static/timeline/run_model.js";
import { FakeModel, makeRun, makeSentence, makeUpdate } from "./made.js";

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

/** @param {Partial<import("../../paraformer_nb/widgets/static/timeline/model/transcript.js").Run>} over */
function begin(over = {}) {
  model.receive(makeUpdate(5, { reset: true, run: makeRun(over), sentences: [makeSentence(1, 0, "old words")] }));
}

test("asks once at the start and takes the answer's number as its base", () => {
  assert.deepEqual(model.sent, ["sync"]);
  begin();
  model.receive(makeUpdate(6, { sentences: [makeSentence(2, 5, "new")] }));
  assert.equal(runModel.transcript.words.count, 3);
  assert.deepEqual(model.sent, ["sync"]);
});

test("what comes before the first answer is left out, without asking again", () => {
  model.receive(makeUpdate(4, { sentences: [makeSentence(9, 0, "early")] }));
  assert.equal(runModel.transcript.words.count, 0);
  assert.deepEqual(model.sent, ["sync"]);
});

test("a missing number asks once, ignores all until the reset, and heals", () => {
  begin();
  for (const seq of [7, 8, 9]) model.receive(makeUpdate(seq, { sentences: [makeSentence(seq, seq, "lost")] }));
  assert.deepEqual(model.sent, ["sync", "sync"]);
  assert.equal(runModel.transcript.words.count, 2);
  model.receive(makeUpdate(10, { reset: true, run: makeRun(), sentences: [makeSentence(3, 0, "all of it")] }));
  model.receive(makeUpdate(11, { sentences: [makeSentence(4, 9, "more")] }));
  assert.equal(runModel.transcript.words.count, 4);
  assert.deepEqual(model.sent, ["sync", "sync"]);
});

test("a number out of order asks too", () => {
  begin();
  model.receive(makeUpdate(5, {}));
  assert.deepEqual(model.sent, ["sync", "sync"]);
});

test("an ask that got no answer is repeated after 2 s, when the next update shows that it was lost", () => {
  begin();
  model.receive(makeUpdate(8, {}));
  mock.timers.tick(1900);
  model.receive(makeUpdate(9, {}));
  assert.deepEqual(model.sent, ["sync", "sync"]);
  mock.timers.tick(200);
  model.receive(makeUpdate(10, {}));
  assert.deepEqual(model.sent, ["sync", "sync", "sync"]);
});

test("no answer in 3 s means no kernel, until something comes", () => {
  let told = 0;
  runModel.listen(() => told++);
  mock.timers.tick(2999);
  assert.equal(runModel.isDisconnected, false);
  mock.timers.tick(1);
  assert.equal(runModel.isDisconnected, true);
  assert.equal(told, 1);
  begin();
  assert.equal(runModel.isDisconnected, false);
  mock.timers.tick(10_000);
  assert.equal(runModel.isDisconnected, false);
});

test("Stop is sent once, and can be pressed again only after the state changed", () => {
  begin();
  runModel.stop();
  runModel.stop();
  assert.equal(runModel.isStopping, true);
  assert.deepEqual(model.sent, ["sync", "stop"]);
  model.receive(makeUpdate(6, { run: makeRun({ state: "streaming", sent: 9 }) }));
  assert.equal(runModel.isStopping, true);
  model.receive(makeUpdate(7, { run: makeRun({ state: "finishing" }) }));
  assert.equal(runModel.isStopping, false);
});

test("Stop with a dead comm says that no kernel is there", () => {
  begin();
  model.isDead = true;
  runModel.stop();
  assert.equal(runModel.isDisconnected, true);
  assert.equal(runModel.isStopping, false);
});

test("'finished' is said once, when an end was drawn, not before and never again", () => {
  begin();
  runModel.drawn();
  assert.deepEqual(model.sent, ["sync"]);
  model.receive(makeUpdate(6, { run: makeRun({ state: "finished" }) }));
  assert.deepEqual(model.sent, ["sync"]);
  for (let i = 0; i < 70; i++) runModel.drawn();
  model.receive(makeUpdate(7, { reset: true, run: makeRun({ state: "finished" }) }));
  runModel.drawn();
  assert.deepEqual(model.sent, ["sync", "ending"]);
});

test("a run found over is shown from its start; one seen ending stays where it was", () => {
  begin({ state: "stopped" });
  assert.equal(runModel.choice.follow, false);
  assert.equal(runModel.textTop, 0);
  const other = new FakeModel();
  const live = new RunModel(other.proxy());
  other.receive(makeUpdate(1, { reset: true, run: makeRun() }));
  other.receive(makeUpdate(2, { run: makeRun({ state: "finished" }) }));
  assert.equal(live.choice.follow, true);
});

test("what was there before anybody looked is not read out", () => {
  begin();
  assert.deepEqual([...runModel.announced], [1]);
});

test("views are told until they leave; the runModel lets go of its model at the end", () => {
  let told = 0;
  const leave = runModel.listen(() => told++);
  begin();
  leave();
  model.receive(makeUpdate(6, {}));
  assert.equal(told, 1);
  runModel.close();
  assert.equal(model.handlers.length, 0);
});

test("other messages are none of its business", () => {
  begin();
  model.receive({ kind: "anywidget-command", seq: 99 });
  assert.deepEqual(model.sent, ["sync"]);
});

test("a correction stands at once, and gives way to the kernel's word", () => {
  begin();
  const [sentence] = runModel.transcript.order;
  const [old] = sentence.words;
  runModel.correct(sentence, { old: [old], new: [["new", "", old[2], old[3], null, 0, 1]] });
  assert.deepEqual(runModel.transcript.words.rows.map(([text]) => text), ["new", "words"]);
  assert.equal(model.sent.at(-1), "edit");
  model.receive({ kind: "say", text: "That cannot be meant." }); // refused: everything is asked for again
  assert.equal(runModel.said, "That cannot be meant.");
  assert.equal(model.sent.at(-1), "sync");
});

test("a kernel that answers no correction is told of", () => {
  begin();
  runModel.turnBack("undo");
  mock.timers.tick(3000);
  assert.match(runModel.said, /has not answered/);
});

test("a search is kept up with what changes", () => {
  begin();
  runModel.cursor.found = { text: "new", matches: [], current: -1 };
  model.receive(makeUpdate(6, { sentences: [makeSentence(2, 5, "a new one")] }));
  assert.deepEqual(runModel.cursor.found.matches.map(({ sentence, place }) => [sentence, place]), [[2, 1]]);
});

test("a Stop that the kernel has not heard in 2.5 s is said to be unheard, until it is", () => {
  begin();
  runModel.stop();
  mock.timers.tick(2400);
  assert.equal(runModel.isStopUnheard, false);
  mock.timers.tick(200);
  assert.equal(runModel.isStopUnheard, true);
  model.receive(makeUpdate(6, { run: makeRun({ can_stop: false }), sentences: [] }));
  assert.equal(runModel.isStopUnheard, false);
});

test("a Stop that the kernel has heard is not said to be unheard", () => {
  begin();
  runModel.stop();
  model.receive(makeUpdate(6, { run: makeRun({ can_stop: false }), sentences: [] }));
  mock.timers.tick(3000);
  assert.equal(runModel.isStopUnheard, false);
});
