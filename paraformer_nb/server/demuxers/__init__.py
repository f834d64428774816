"""Demuxers and decoders for the service's audio formats, which work while the bytes arrive."""
