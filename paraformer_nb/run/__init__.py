"""A run: started, live, in a notebook cell, loaded, resumed."""
