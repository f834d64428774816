// The layers that Python laid over the timeline, each with its colour and name, in a row above the picture.

import { LAYER_COLOURS } from "../canvas/theme.js";
import { make, setHidden } from "../dom/elements.js";
import { translate } from "../model/language.js";

/** @import { IndexedLayer } from "../model/transcript.js" */

export class Legend {
  #list;
  /** @type {IndexedLayer[]} */
  #shown = [];

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#list = make("ul", "pnb-legend", parent);
    this.#list.setAttribute("aria-label", translate("Highlighted"));
  }

  /** @param {IndexedLayer[]} layers */
  update(layers) {
    if (layers === this.#shown) return;
    this.#shown = layers;
    this.#list.replaceChildren();
    setHidden(this.#list, layers.length === 0);
    layers.forEach(({ name, spans }, i) => {
      const item = make("li", `pnb-layer pnb-layer-${i % LAYER_COLOURS}`, this.#list);
      item.textContent = `${name} (${spans.length})`;
    });
  }
}
