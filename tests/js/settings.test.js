// What a person chose, kept in the browser for later views.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keepSettings, keptSettings, withinRange } from "../../paraformer_nb/widgets/static/timeline/model/settings.js";

const USUAL = { rate: 1, volume: 1, isLooping: false, followsPlayhead: true, amplitude: 1 };
/** @type {Map<string, string>} */
let stored;

beforeEach(() => {
  stored = new Map();
  const storage = {
    getItem: (/** @type {string} */ name) => stored.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => stored.set(name, value),
  };
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: () => storage });
});

test("settings are as they were kept", () => {
  assert.deepEqual(keptSettings(), USUAL);
  const chosen = { rate: 0.75, volume: 0.3, isLooping: true, followsPlayhead: false, amplitude: 2.25 };
  keepSettings(chosen);
  assert.deepEqual(keptSettings(), chosen);
});

test("what another program wrote is ignored, each setting by itself", () => {
  const [name] = [...stored.keys(), "paraformer-nb-settings"];
  for (const text of ["{", "null", "[]", '"x"', "3", '{"rate": "fast", "volume": 7, "isLooping": 1, "amplitude": null}']) {
    stored.set(name, text);
    assert.deepEqual(keptSettings(), USUAL, text);
  }
  stored.set(name, '{"rate": 2, "volume": -1}');
  assert.deepEqual(keptSettings(), { ...USUAL, rate: 2 });
});

test("a browser without storage has the usual settings, and none are kept", () => {
  const refuse = () => {
    throw new DOMException("The document is sandboxed.", "SecurityError");
  };
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get: refuse });
  keepSettings({ ...USUAL, rate: 2 });
  assert.deepEqual(keptSettings(), USUAL);
});

test("numbers stay in their ranges", () => {
  assert.deepEqual([withinRange("rate", 9), withinRange("volume", -1), withinRange("amplitude", 3)], [2, 0, 3]);
});
