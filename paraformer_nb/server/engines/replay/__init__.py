"""A saved run, answered again."""
