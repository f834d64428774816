"""Floor 3: streaming Paraformer on ONNX Runtime: from a model folder and sound to words with times, and to sentences.

It knows no event loop and no engine; `engines/paraformer` does. One way through: `header` and `export` (is this folder
fit?), `model` (its two networks), `features` (sound to the encoder's inputs), `firing` (the encoder's weights to tokens
with times), `recogniser` (all of these, chunk by chunk), `words` and `sentences` (tokens to what a task is told).
"""
