"""Transcripts as matplotlib figures."""
