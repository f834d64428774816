"""Recognisers in worker processes, for engines that block the interpreter or may crash: one process per task."""
