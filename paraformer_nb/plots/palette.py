"""The colours of print, by role. They differ in grey, too.

The interactive timeline has colours of its own, derived from the notebook's theme.
"""

PAGE = "white"
TEXT = "#111827"
MUTED_TEXT = "#6b7280"
GRID = "#e5e7eb"
WAVEFORM = "#94a3b8"

FINAL_WORD = "#dbe7ff"
"""Fill of a final word's box."""
PARTIAL_WORD = "#6b7280"
"""Dashed outline and text of a partial word."""
DOUBTFUL_WORD = "#b45309"
"""Underline of a word with low confidence."""

DIFFERENCE = "#f2a93b"
"""Fill of a word that another result lacks or has otherwise; outlined as well."""

FINAL_SENTENCE = "#475569"
PARTIAL_SENTENCE = "#cbd5e1"
GAP = "#b6bdc8"
"""Hatching of audio that was not recognised."""

OVERVIEW_SENTENCE = "#3a6fd8"
OVERVIEW_GAP = "#c62828"
"""In an overview sentences and gaps may be a pixel wide, so their colours are strong."""
