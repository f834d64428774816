// The layers that Python laid over the timeline: a colour and a name each, in a row above the picture.

import { make } from "../text/dom.js";
import { LAYER_COLOURS } from "../picture/theme.js";

/** @import { Layer } from "../run/store.js" */

export class Legend {
  #list;
  /** @type {Layer[]} */
  #shown = [];

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.#list = make("ul", "pnb-legend", parent);
    this.#list.setAttribute("aria-label", "Highlighted");
  }

  /** @param {Layer[]} layers */
  update(layers) {
    if (layers === this.#shown) return;
    this.#shown = layers;
    this.#list.replaceChildren();
    this.#list.hidden = layers.length === 0;
    layers.forEach(({ name, spans }, i) => {
      const item = make("li", `pnb-layer pnb-layer-${i % LAYER_COLOURS}`, this.#list);
      item.textContent = `${name} (${spans.length})`;
    });
  }
}
