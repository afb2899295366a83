"""Fuzzing of the codec and of the message layer, guided by coverage: ``python -m fuzz wire|messages``."""
