// A button and a place to drop a file, which is uploaded in blocks, each when the one before it has arrived: the
// messages of widgets/upload.py.

import { BLOCK_BYTES, megabytes, uploadFile } from "./blocks.js";

/** @import { AnyModel, RenderProps } from "@anywidget/types" */
/** @import { Answer } from "./blocks.js" */
/** @typedef {{ accept: string }} UploadModel */

const SLOW_MS = 3000;
const SLOW = "The kernel has not answered yet: it may be busy with a cell, or shut down.";

/** @param {RenderProps<UploadModel>} props */
function render({ model, el }) {
  const zone = make("div", "pnb-upload", el);
  const label = make("label", "pnb-upload-button", zone);
  const input = make("input", "", label);
  input.type = "file";
  input.accept = model.get("accept");
  label.prepend("Choose a file");
  make("span", "pnb-upload-hint", zone).textContent = "or drop one here, of any size";
  const progress = make("progress", "pnb-upload-progress", zone);
  progress.max = 1;
  progress.hidden = true;
  progress.setAttribute("aria-label", "Upload");
  const status = make("span", "pnb-upload-status", zone);
  status.setAttribute("role", "status");
  const cancel = make("button", "pnb-upload-cancel", zone);
  cancel.type = "button";
  cancel.textContent = "Cancel";
  cancel.hidden = true;
  let isBusy = false;
  let isCancelled = false;
  cancel.addEventListener("click", () => (isCancelled = true));

  const start = async (/** @type {File | undefined} */ file) => {
    if (!file || isBusy) return;
    isBusy = true;
    isCancelled = false;
    input.disabled = true;
    progress.value = 0;
    progress.hidden = cancel.hidden = false;
    status.textContent = `Uploading ${file.name}`;
    try {
      const ask_ = (/** @type {object} */ message, /** @type {ArrayBuffer[]} */ buffers) => ask(model, message, buffers, status);
      const show = (/** @type {number} */ sent) => {
        progress.value = sent / file.size;
        status.textContent = `${file.name}: ${megabytes(sent)} of ${megabytes(file.size)}`;
      };
      const isWhole = await uploadFile(file, BLOCK_BYTES, ask_, show, () => isCancelled);
      status.textContent = isWhole ? `${file.name} is here.` : `${file.name} was not uploaded.`;
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
    }
    progress.hidden = cancel.hidden = true;
    input.disabled = false;
    isBusy = false;
  };

  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = ""; // so that the same file can be chosen again
    void start(file);
  });
  listenToDrops(zone, start);
}

/**
 * @param {HTMLElement} zone
 * @param {(file: File | undefined) => void} start
 */
function listenToDrops(zone, start) {
  zone.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    zone.classList.add("pnb-upload-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("pnb-upload-over"));
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("pnb-upload-over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault(); // else the browser would open the file
    event.stopPropagation(); // and JupyterLab would put it beside the notebook
    start(event.dataTransfer.files[0]);
  });
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {HTMLElement} parent
 * @returns {HTMLElementTagNameMap[K]}
 */
function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}

/**
 * Sends a message and resolves with its answer, which may come late.
 * @param {AnyModel<UploadModel>} model
 * @param {object} message
 * @param {ArrayBuffer[]} buffers
 * @param {HTMLElement} status
 * @returns {Promise<Answer>}
 */
function ask(model, message, buffers, status) {
  return new Promise((resolve) => {
    const slow = setTimeout(() => (status.textContent = SLOW), SLOW_MS);
    const receive = (/** @type {Answer} */ answer) => {
      clearTimeout(slow);
      model.off("msg:custom", receive);
      resolve(answer);
    };
    model.on("msg:custom", receive);
    model.send(message, undefined, buffers);
  });
}

export default { render };
