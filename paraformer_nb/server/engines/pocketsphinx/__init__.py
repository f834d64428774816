"""PocketSphinx in worker processes: a real recogniser, English only."""
