"""Floor 4: a transcript as a file in another format, one file a format."""
