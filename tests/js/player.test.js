// The sentences for what goes wrong while playing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { explain } from "../../paraformer_nb/widgets/static/timeline/sound/player.js";

test("a missing sound device is not blamed on the clip", () => {
  for (const name of ["CUBEB_INITIALIZATION_ERR (0x80700065)", "MEDIASINK_ERR (0x8070000b): OnMediaSinkAudioError"]) {
    assert.match(explain({ message: `NS_ERROR_DOM_MEDIA_${name}` }), /no device/);
  }
});

test("any other error is the clip's", () => {
  for (const error of [{ message: "DEMUXER_ERROR_COULD_NOT_OPEN" }, { message: "NS_ERROR_DOM_MEDIA_DECODE_ERR" }, { message: "" }, null]) {
    assert.match(explain(error), /cannot play this clip/);
  }
});
