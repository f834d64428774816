// The row below the picture: zoom, follow, the number of words.

import { make, makeButton, setText } from "./dom.js";

/** @typedef {{ zoomIn: () => void, zoomOut: () => void, toggleFollow: () => void }} Actions */

export class Controls {
  #follow;
  #count;

  /**
   * @param {HTMLElement} parent
   * @param {Actions} actions
   */
  constructor(parent, actions) {
    const row = make("div", "pnb-controls", parent);
    makeButton("−", "Zoom out", row, actions.zoomOut);
    makeButton("+", "Zoom in", row, actions.zoomIn);
    this.#follow = makeButton("Follow", "Follow the newest words", row, actions.toggleFollow);
    this.#count = make("span", "pnb-count", row);
  }

  /**
   * @param {boolean} isFollowing
   * @param {boolean} isLive there is nothing to follow after the end
   * @param {string} count
   */
  update(isFollowing, isLive, count) {
    this.#follow.hidden = !isLive;
    this.#follow.setAttribute("aria-pressed", String(isFollowing));
    setText(this.#follow, isFollowing ? "Follow ✓" : "Follow");
    setText(this.#count, count);
  }
}
