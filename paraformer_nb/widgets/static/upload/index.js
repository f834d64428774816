// A button and a place to drop files, which are uploaded in blocks, each when the one before it has arrived: the
// messages of widgets/upload.py.

import { readersLanguage } from "../timeline/model/reader.js";
import { BLOCK_BYTES, megabytes, uploadFile } from "./blocks.js";
import { translate } from "./texts.js";

/** @import { AnyModel, RenderProps } from "@anywidget/types" */
/** @import { Answer } from "./blocks.js" */
/** @import { Texts } from "./texts.js" */
/** @typedef {{ accept: string, texts: Texts }} UploadModel */

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
  const choose = document.createTextNode("");
  label.prepend(choose);
  const hint = make("span", "pnb-upload-hint", zone);
  const uploads = new Uploads(model, zone);
  const write = () => {
    choose.data = translate(model.get("texts"), "Choose a file");
    hint.textContent = translate(model.get("texts"), "or drop one here, of any size");
    uploads.write();
  };
  write();
  model.on("change:texts", write);
  model.send({ kind: "reader", language: readersLanguage([navigator.language, document.documentElement.lang]) });
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = ""; // so that the same file can be chosen again
    uploads.add(files);
  });
  listenToDrops(zone, (files) => uploads.add(files));
  return () => model.off("change:texts", write);
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
    this.#status = make("span", "pnb-upload-status", zone);
    this.#status.setAttribute("role", "status");
    this.#cancel = make("button", "pnb-upload-cancel", zone);
    this.#cancel.type = "button";
    this.#cancel.addEventListener("click", () => (this.#waiting = []));
    this.#show(false);
  }

  /** Writes its texts in the language in use. */
  write() {
    this.#progress.setAttribute("aria-label", this.#say("Upload"));
    this.#cancel.textContent = this.#say("Cancel");
  }

  /**
   * @param {string} text
   * @param {...(string | number)} values
   */
  #say(text, ...values) {
    return translate(this.#model.get("texts"), text, ...values);
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
      this.#status.textContent = this.#say("Uploading {0}", file.name);
      this.#outcomes.push(await this.#upload(file));
    }
    this.#show(false);
    this.#status.textContent = this.#outcomes.join(" ");
  }

  /** @param {File} file */
  async #upload(file) {
    const onProgress = (/** @type {number} */ sent) => {
      this.#progress.value = sent / file.size;
      const more = this.#waiting.length;
      const text = more ? "{0}: {1} of {2}, {3} more" : "{0}: {1} of {2}";
      this.#status.textContent = this.#say(text, file.name, megabytes(sent), megabytes(file.size), more);
    };
    try {
      const ask = (/** @type {[object, ArrayBuffer[], number]} */ ...message) => this.#ask(...message);
      const isWhole = await uploadFile(file, BLOCK_BYTES, ask, onProgress, this.#model.get("texts"));
      return this.#say(isWhole ? "{0} is here." : "{0} was not uploaded.", file.name);
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
      const slow = setTimeout(() => (this.#status.textContent = this.#say(SLOW)), SLOW_MS);
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
