"""The engines of the embedded service: one folder each, collected in `registry`; `base` defines what an engine is."""
