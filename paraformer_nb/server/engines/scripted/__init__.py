"""A test double that reads its results from a file."""
