"""Model files for the embedded engines: their sources, where they are kept, and fetching them."""
