// A button and a place to drop files, which are uploaded in blocks, each when the one before it has arrived: the
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
  input.multiple = true;
  input.accept = model.get("accept");
  label.prepend("Choose a file");
  make("span", "pnb-upload-hint", zone).textContent = "or drop one here, of any size";
  const uploads = new Uploads(model, zone);
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = ""; // so that the same file can be chosen again
    uploads.add(files);
  });
  listenToDrops(zone, (files) => uploads.add(files));
}

/** Files that are uploaded one after the other, with their progress. */
class Uploads {
  #model;
  #progress;
  #status;
  #cancel;
  /** @type {File[]} */
  #waiting = [];
  /** @type {string[]} a sentence for each file of this turn */
  #outcomes = [];
  #isBusy = false;

  /**
   * @param {AnyModel<UploadModel>} model
   * @param {HTMLElement} zone
   */
  constructor(model, zone) {
    this.#model = model;
    this.#progress = make("progress", "pnb-upload-progress", zone);
    this.#progress.max = 1;
    this.#progress.setAttribute("aria-label", "Upload");
    this.#status = make("span", "pnb-upload-status", zone);
    this.#status.setAttribute("role", "status");
    this.#cancel = make("button", "pnb-upload-cancel", zone);
    this.#cancel.type = "button";
    this.#cancel.textContent = "Cancel";
    this.#cancel.addEventListener("click", () => (this.#waiting = []));
    this.#show(false);
  }

  /** @param {File[]} files those that are dropped during an upload wait for its end */
  add(files) {
    this.#waiting.push(...files);
    if (!this.#isBusy) void this.#uploadAll();
  }

  async #uploadAll() {
    this.#outcomes = [];
    this.#show(true);
    for (let file; (file = this.#waiting.shift()); ) {
      this.#status.textContent = `Uploading ${file.name}`;
      this.#outcomes.push(await this.#upload(file));
    }
    this.#show(false);
    this.#status.textContent = this.#outcomes.join(" ");
  }

  /** @param {File} file */
  async #upload(file) {
    const onProgress = (/** @type {number} */ sent) => {
      this.#progress.value = sent / file.size;
      const more = this.#waiting.length ? `, ${this.#waiting.length} more` : "";
      this.#status.textContent = `${file.name}: ${megabytes(sent)} of ${megabytes(file.size)}${more}`;
    };
    try {
      const isWhole = await uploadFile(file, BLOCK_BYTES, (...message) => this.#ask(...message), onProgress);
      return isWhole ? `${file.name} is here.` : `${file.name} was not uploaded.`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** @param {boolean} isBusy */
  #show(isBusy) {
    this.#isBusy = isBusy;
    this.#progress.value = 0;
    this.#progress.hidden = this.#cancel.hidden = !isBusy;
  }

  /**
   * Sends a message and resolves with its answer, which may come late, or once Cancel is pressed.
   * @param {object} message
   * @param {ArrayBuffer[]} buffers
   * @param {number} received bytes, in its answer: that to a message before a Cancel is ignored
   * @returns {Promise<Answer>}
   */
  #ask(message, buffers, received) {
    return new Promise((resolve) => {
      const slow = setTimeout(() => (this.#status.textContent = SLOW), SLOW_MS);
      const end = (/** @type {Answer} */ answer) => {
        clearTimeout(slow);
        this.#model.off("msg:custom", receive);
        this.#cancel.removeEventListener("click", cancel);
        resolve(answer);
      };
      const receive = (/** @type {Answer} */ answer) => {
        if (answer.kind !== "received" || answer.bytes === received) end(answer);
      };
      const cancel = () => end({ kind: "cancelled" });
      this.#model.on("msg:custom", receive);
      this.#cancel.addEventListener("click", cancel);
      this.#model.send(message, undefined, buffers);
    });
  }
}

/**
 * @param {HTMLElement} zone
 * @param {(files: File[]) => void} add
 */
function listenToDrops(zone, add) {
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
    add([...event.dataTransfer.files]);
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

export default { render };
