"""Streaming Paraformer on ONNX Runtime, from a model folder."""
