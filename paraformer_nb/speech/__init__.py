"""The accessor ``df.speech`` for tables of words. Importing this room registers it."""

from . import accessor as accessor
