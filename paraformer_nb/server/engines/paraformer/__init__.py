"""Streaming Paraformer on ONNX Runtime, from a folder with the model's files. Experimental.

Verified: with crafted tiny networks, whose tokens depend on everything that a real model's depend on (context,
positions, caches), it recognises the same tokens as sherpa-onnx on the same sound, and its word times are exact where
the networks' weights are known. Not verified: it never ran with trained weights, so the accuracy of its word times and
its speed with a real model have not been measured.
"""
