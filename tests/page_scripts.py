"""Scripts that look into a page of the browser tests."""

from __future__ import annotations

KEEP_AUDIO = """const { play } = HTMLMediaElement.prototype;
HTMLMediaElement.prototype.play = function () { window.audio = this; return play.call(this); };"""
"""Keeps the element that plays as `window.audio`."""

POSITION_OF = """(word) => {
  const texts = document.createTreeWalker(document.querySelector(".pnb-text"), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node; (node = texts.nextNode()); ) {
    const first = node.nodeValue.indexOf(word);
    if (first < 0) continue;
    range.setStart(node, first);
    range.setEnd(node, first + word.length);
    const { left, top, width, height } = range.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  }
}"""
"""A function that returns the position of a word of the text in the window."""
