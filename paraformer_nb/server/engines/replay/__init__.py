"""Repeats the results of a saved run."""
