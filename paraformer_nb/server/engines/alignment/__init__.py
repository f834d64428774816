"""When each word of a known text was said: forced alignment, and estimates where it fails."""
