"""The OSC interface as values: bytes, messages, commands."""
