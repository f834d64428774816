// The timeline of a streaming speech recognition run, live or not, as an anywidget: the entry module.

import { RunModel } from "./run_model.js";
import { showView } from "./view.js";

/** @import { AnyModel, InitializeProps, RenderProps } from "@anywidget/types" */
/** @import { TimelineModel } from "./model/cursor.js" */

/** @type {WeakMap<AnyModel<TimelineModel>, RunModel>} */
const runModels = new WeakMap();
/** @type {Set<RunModel>} those that a host began by `initialize` and has not ended */
const initialized = new Set();

/**
 * The run model of a widget model. JupyterLab wraps a widget model anew for each view, so that it cannot be
 * identified by its object; but it also loads this module anew for each widget model, so the only one initialized
 * is the right one. Other hosts (marimo) share the module and pass the widget model itself.
 * @param {AnyModel<TimelineModel>} model
 */
function runModelOf(model) {
  let runModel = runModels.get(model);
  if (!runModel && initialized.size === 1) [runModel] = initialized;
  runModel ??= new RunModel(model);
  runModels.set(model, runModel);
  return runModel;
}

/** @param {InitializeProps<TimelineModel>} props */
function initialize({ model }) {
  const runModel = new RunModel(model);
  runModels.set(model, runModel);
  initialized.add(runModel);
  return () => {
    initialized.delete(runModel);
    runModel.close();
  };
}

/** @param {RenderProps<TimelineModel>} props */
function render({ model, el }) {
  return showView(runModelOf(model), el);
}

export default { initialize, render };
