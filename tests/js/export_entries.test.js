// The entries of the menus: what Python can make, what is made here for the rest, and what needs a selection.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { codeOf, runEntries, selectionEntries, textWithin } from "../../paraformer_nb/widgets/static/timeline/controls/export_entries.js";
import { fileName } from "../../paraformer_nb/widgets/static/timeline/dom/save.js";
import { RunModel } from "../../paraformer_nb/widgets/static/timeline/run_model.js";
import { FakeModel, makeRun, makeSentence, makeUpdate } from "./fixtures.js";

/** @type {FakeModel} */
let model;
/** @type {RunModel} */
let runModel;

beforeEach(() => {
  model = new FakeModel();
  runModel = new RunModel(model.proxy());
  const files = [{ suffix: ".txt", name: "plain text" }, { suffix: ".TextGrid", name: "Praat" }];
  const sentences = [makeSentence(1, 0, "good morning all"), makeSentence(2, 5, "next one")];
  model.receive(makeUpdate(1, { reset: true, run: makeRun({ state: "finished" }), sentences, files }));
});

/** @param {import("../../paraformer_nb/widgets/static/timeline/controls/export_entries.js").EntryGroup[]} groups */
const labels = (groups) => groups.flatMap(({ entries }) => entries.map(({ label }) => label));

test("a format that Python makes is not made here as well", () => {
  const download = labels(runEntries(runModel)).filter((label) => label.includes("·"));
  assert.deepEqual(download.map((label) => label.split(" ")[0]), ["TXT", "TEXTGRID", "SRT", "VTT", "CSV", "JSON"]);
});

test("a download is requested by its suffix, and an error is shown", async () => {
  const entry = runEntries(runModel)[1].entries[1];
  const done = entry.run();
  assert.equal(model.sent.at(-1), "file");
  model.receive({ kind: "reply", request_id: 1, error: "There is no room on the disk." });
  await done;
  assert.equal(runModel.message, "There is no room on the disk.");
});

test("entries of a selection exist while something is selected", () => {
  assert.deepEqual(selectionEntries(runModel), []);
  runModel.cursor.select(0.45, 5.2);
  assert.equal(labels(selectionEntries(runModel)).length, 5);
  assert.equal(textWithin(runModel.transcript, [0.45, 5.2]), "morning all next");
  assert.equal(codeOf([0.45, 5.2]), "view.selection = (0.45, 5.2)\nview.selected_words");
});

test("zooming shows the selection with a margin, and looping plays it", () => {
  runModel.cursor.select(2, 4);
  const entries = selectionEntries(runModel)[0].entries;
  entries.find(({ label }) => label.startsWith("Zoom"))?.run();
  const { start, span } = runModel.viewportChoice;
  assert.ok(start !== null && span !== null && start < 2 && start + span > 4 && span < 3);
});

test("a file is named after the clip, without what systems refuse", () => {
  assert.equal(fileName("lesson.en.flac", ".srt"), "lesson.en.srt");
  assert.equal(fileName("a/b:c?.wav", ".txt"), "a_b_c_.txt");
  assert.equal(fileName("", ".txt"), "transcript.txt");
});
