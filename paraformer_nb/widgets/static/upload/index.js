// A button that uploads a file in blocks, each when the one before it has arrived: the messages of widgets/upload.py.

import { BLOCK_BYTES, sizeProblem, uploadFile } from "./blocks.js";

/** @import { AnyModel, RenderProps } from "@anywidget/types" */
/** @import { Answer } from "./blocks.js" */
/** @typedef {{ accept: string, max_bytes: number }} UploadModel */

const SLOW_MS = 3000;
const SLOW = "The kernel has not answered yet: it may be busy with a cell, or shut down.";

/** @param {RenderProps<UploadModel>} props */
function render({ model, el }) {
  const label = document.createElement("label");
  label.className = "pnb-upload jupyter-button widget-button";
  const input = document.createElement("input");
  input.type = "file";
  input.accept = model.get("accept");
  label.append("Upload", input);
  const status = document.createElement("span");
  status.className = "pnb-upload-status";
  status.setAttribute("role", "status");
  el.append(label, status);

  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    input.value = ""; // so that the same file can be chosen again
    if (!file) return;
    const problem = sizeProblem(file.name, file.size, model.get("max_bytes"));
    if (problem) {
      status.textContent = problem;
      return;
    }
    input.disabled = true;
    try {
      await uploadFile(file, BLOCK_BYTES, (message, buffers) => ask(model, message, buffers, status), (share) => {
        status.textContent = `${file.name}: ${Math.floor(100 * share)} %`;
      });
      status.textContent = "";
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
    }
    input.disabled = false;
  });
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
