"""A test double that reads its words from a file."""
