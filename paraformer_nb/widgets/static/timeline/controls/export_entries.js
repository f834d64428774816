// What can be exported from a view, as the entries of its menus.

import { copyText, fileName, saveFile } from "../dom/save.js";
import { TEXT_FORMATS, toText, toTimedLines } from "../model/formats.js";
import { addressOf } from "../model/position.js";
import { isolated } from "../text/text.js";
import { sentenceText } from "../model/words.js";
import { translate, translateKnown } from "../model/language.js";

/** @import { RunModel } from "../run_model.js" */
/** @import { Text } from "../model/language.js" */
/** @import { Selection } from "../model/cursor.js" */
/** @import { Transcript } from "../model/transcript.js" */
/** @typedef {{ label: string, run: () => void | Promise<void> }} Entry */
/** @typedef {{ label: string, entries: Entry[] }} EntryGroup */

const NOT_COPIED = "The browser does not allow this page to copy. Select the text, and copy it with Ctrl+C.";
const ZOOM_MARGIN = 0.08; // of the selection, on both sides

/**
 * What can be exported of the whole run.
 * @param {RunModel} runModel
 * @returns {EntryGroup[]}
 */
export function runEntries(runModel) {
  const { transcript } = runModel;
  const copy = [
    { label: translate("Copy the text"), run: () => copyAndSay(runModel, toText(runModel.transcript), "The text was copied.") },
    { label: translate("Copy the text with times"), run: () => copyAndSay(runModel, toTimedLines(runModel.transcript), "The text was copied.") },
  ];
  if (runModel.isStandalone && location.protocol !== "about:") {
    const focused = runModel.cursor.focusedWord(transcript);
    const word = focused && focused.sentence.words[focused.wordIndex];
    const address = addressOf(location.href, word ? word.start : runModel.cursor.playhead, word !== null);
    const label = word ? translate("Copy a link to “{0}”", isolated(word.text)) : translate("Copy a link to this position");
    copy.push({ label, run: () => copyAndSay(runModel, address, "The link was copied.") });
  }
  const madeHere = new Map(TEXT_FORMATS.map((format) => [format.suffix, format]));
  const fromKernel = transcript.files.map(({ suffix, name }) => {
    madeHere.delete(suffix);
    return { label: fileLabel(suffix, name), run: () => download(runModel, suffix) };
  });
  const fromHere = [...madeHere.values()].map(({ suffix, name, mime, write }) => ({
    label: fileLabel(suffix, name),
    run: () => saveFile(fileName(runModel.transcript.run?.clip ?? "", suffix), write(runModel.transcript), mime),
  }));
  return [{ label: translate("Copy"), entries: copy }, { label: translate("Download"), entries: [...fromKernel, ...fromHere] }];
}

/**
 * What can be done with the selection; no group where nothing is selected.
 * @param {RunModel} runModel
 * @returns {EntryGroup[]}
 */
export function selectionEntries(runModel) {
  const { selection } = runModel.cursor;
  if (!selection) return [];
  const entries = [
    { label: translate("Copy the selected words"), run: () => copyAndSay(runModel, textWithin(runModel.transcript, selection), "The selection was copied.") },
    { label: translate("Copy as Python code"), run: () => copyAndSay(runModel, codeOf(selection), "The code was copied.") },
    { label: translate("Loop the selection"), run: () => loop(runModel) },
    { label: translate("Zoom to the selection"), run: () => zoomTo(runModel, selection) },
  ];
  if (!runModel.isStandalone) {
    entries.splice(1, 0, { label: translate("Save the sound as WAV"), run: () => saveSound(runModel, selection) });
  }
  return [{ label: translate("Selection"), entries }];
}

/**
 * The words that touch a span, as text.
 * @param {Transcript} transcript
 * @param {Selection} selection
 */
export function textWithin({ order }, [start, end]) {
  const parts = order.map(({ separator, words }) => {
    const within = words.filter((word) => word.start < end && word.end > start);
    return within.length ? separator + sentenceText(within) : "";
  });
  return parts.join("").trim();
}

/**
 * Python code that selects the same.
 * @param {Selection} selection
 */
export function codeOf([start, end]) {
  return `view.selection = (${start}, ${end})\nview.selected_words`;
}

/**
 * @param {string} suffix
 * @param {string} name
 */
function fileLabel(suffix, name) {
  return `${suffix.slice(1).toUpperCase()} · ${translateKnown(name)}`;
}

/**
 * @param {RunModel} runModel
 * @param {string} text
 * @param {Text} done what to say
 */
async function copyAndSay(runModel, text, done) {
  runModel.showMessage(translate((await copyText(text)) ? done : NOT_COPIED));
}

/**
 * @param {RunModel} runModel
 * @param {string} suffix
 */
async function download(runModel, suffix) {
  await request(runModel, { kind: "file", suffix }, suffix, "application/octet-stream");
}

/**
 * @param {RunModel} runModel
 * @param {Selection} selection
 */
async function saveSound(runModel, [start, end]) {
  await request(runModel, { kind: "sound", start, end }, `_${start.toFixed(2)}-${end.toFixed(2)}.wav`, "audio/wav");
}

/**
 * Has the kernel make a file, and saves it.
 * @param {RunModel} runModel
 * @param {{ kind: "file", suffix: string } | { kind: "sound", start: number, end: number }} content
 * @param {string} suffix
 * @param {string} mime
 */
async function request(runModel, content, suffix, mime) {
  const name = fileName(runModel.transcript.run?.clip ?? "", suffix);
  runModel.showMessage(translate("Making {0} …", name));
  try {
    const { buffers } = await runModel.requests.send(content);
    saveFile(name, new Uint8Array(/** @type {ArrayBuffer} */ (buffers[0].buffer), buffers[0].byteOffset, buffers[0].byteLength), mime);
    runModel.showMessage("");
  } catch (error) {
    runModel.showMessage(error instanceof Error ? error.message : String(error));
  }
}

/** @param {RunModel} runModel */
function loop({ playback }) {
  if (!playback.isLooping) playback.toggleLoop();
  playback.start();
}

/**
 * @param {RunModel} runModel
 * @param {Selection} selection
 */
function zoomTo(runModel, [start, end]) {
  const margin = ZOOM_MARGIN * (end - start);
  runModel.viewportChoice = { start: start - margin, span: end - start + 2 * margin, follow: false };
  runModel.notifyViewChange();
}
