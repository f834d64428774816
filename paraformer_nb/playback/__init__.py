"""A clip's sound for a player, as windows of Opus in WebM encoded on demand, and its spectrogram."""
