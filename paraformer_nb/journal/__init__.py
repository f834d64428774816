"""The append-only log of a run: its records, its file, its writer."""
