"""English by Moonshine's tiny model, with the voice activity detector that its library contains."""
