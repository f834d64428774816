"""A clip's sound for a player and its spectrogram: windows of Opus in WebM, decoded on demand."""
