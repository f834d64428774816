"""The recognisers of the embedded service, one folder each."""
