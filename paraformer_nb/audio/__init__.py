"""A clip in any form to blocks of 16-bit mono PCM, and its waveform peaks."""
