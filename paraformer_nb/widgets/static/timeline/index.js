// The timeline of a streaming speech recognition run, live or not, as an anywidget: the module that is loaded.

import { Session } from "./session.js";
import { View } from "./view.js";

/** @import { AnyModel, InitializeProps, RenderProps } from "@anywidget/types" */
/** @import { TimelineModel } from "./run/cursor.js" */

/** @type {WeakMap<AnyModel<TimelineModel>, Session>} */
const sessions = new WeakMap();
/** @type {Set<Session>} those that a host began by `initialize` and has not ended */
const begun = new Set();

/**
 * The session of a model. JupyterLab wraps a model anew for each view, so that it cannot be known by its
 * object; but it also loads this module anew for each model, so the one session begun is the one. Other
 * hosts (marimo) share the module and hand out the model itself.
 * @param {AnyModel<TimelineModel>} model
 */
function sessionOf(model) {
  let session = sessions.get(model);
  if (!session && begun.size === 1) [session] = begun;
  session ??= new Session(model);
  sessions.set(model, session);
  return session;
}

/** @param {InitializeProps<TimelineModel>} props */
function initialize({ model }) {
  const session = new Session(model);
  sessions.set(model, session);
  begun.add(session);
  return () => {
    begun.delete(session);
    session.close();
  };
}

/** @param {RenderProps<TimelineModel>} props */
function render({ model, el }) {
  const view = new View(sessionOf(model), el);
  return () => view.dispose();
}

export default { initialize, render };
