"""Compare two texts or tables of words: normalise, split into units, align, score. Times count where they are known."""
