// A field for a key: what is typed is sent once, by Enter or the button, and leaves the page. The messages are those of
// widgets/key_field.py.

import { translate } from "../upload/texts.js";

/** @import { RenderProps } from "@anywidget/types" */
/** @import { Texts } from "../upload/texts.js" */
/** @typedef {{ kind: "kept" } | { kind: "refused", reason: string }} Answer */

const IN_MEMORY = "It is kept in memory only, never in the notebook.";

/** @param {RenderProps<{ texts: Texts }>} props */
function render({ model, el }) {
  const form = make("form", "pnb-key", el);
  const label = make("label", "", form);
  const name = make("span", "pnb-key-name", label);
  const input = make("input", "", label);
  input.type = "password";
  input.autocomplete = "off";
  const button = make("button", "", form);
  const status = make("span", "pnb-key-status", form);
  status.setAttribute("role", "status");
  const write = () => {
    const say = (/** @type {string} */ text) => translate(model.get("texts"), text);
    name.textContent = say("Key");
    input.placeholder = say("DashScope API key");
    button.textContent = say("Use this key");
    status.textContent = say(IN_MEMORY);
  };
  write();
  model.on("change:texts", write);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { value } = input;
    if (!value) return;
    input.value = "";
    model.send({ kind: "key", key: value });
  });
  input.addEventListener("keydown", (event) => event.stopPropagation()); // JupyterLab's shortcuts
  const receive = (/** @type {Answer} */ answer) => {
    status.textContent = answer.kind === "kept" ? translate(model.get("texts"), "The key is known.") : answer.reason;
  };
  model.on("msg:custom", receive);
  return () => {
    model.off("msg:custom", receive);
    model.off("change:texts", write);
  };
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
