"""The daemon: session (pure), jobs (processes), server (sockets)."""
