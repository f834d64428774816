"""Transcripts and journals as pandas DataFrames, and edited tables as corrections."""
