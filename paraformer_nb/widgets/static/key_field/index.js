// A field for a key: what is typed is sent once, by Enter or the button, and leaves the page. The messages are those of
// widgets/key_field.py.

/** @import { RenderProps } from "@anywidget/types" */
/** @typedef {{ kind: "kept" } | { kind: "refused", reason: string }} Answer */

/** @param {RenderProps<{}>} props */
function render({ model, el }) {
  const form = make("form", "pnb-key", el);
  const label = make("label", "", form);
  label.append("Key ");
  const input = make("input", "", label);
  input.type = "password";
  input.autocomplete = "off";
  input.placeholder = "DashScope API key 密钥";
  const button = make("button", "", form);
  button.textContent = "Use this key";
  const status = make("span", "pnb-key-status", form);
  status.setAttribute("role", "status");
  status.textContent = "It is kept in memory only, never in the notebook.";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { value } = input;
    if (!value) return;
    input.value = "";
    model.send({ kind: "key", key: value });
  });
  input.addEventListener("keydown", (event) => event.stopPropagation()); // JupyterLab's shortcuts
  const receive = (/** @type {Answer} */ answer) => {
    status.textContent = answer.kind === "kept" ? "The key is known." : answer.reason;
  };
  model.on("msg:custom", receive);
  return () => model.off("msg:custom", receive);
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
