"""The service's audio formats, demuxed and decoded while the bytes arrive."""
