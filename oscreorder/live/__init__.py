"""Live: the audio device."""
