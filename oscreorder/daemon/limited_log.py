"""A log for what peers can cause: a flood of bad packets must not become a flood of lines."""

import logging
import time

INTERVAL_S = 10.0
MAX_CAUSES = 256


class LimitedLog:
    """Logs a cause at most once in 10 s, and how often it came meanwhile; remembers a bounded number of causes."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._causes: dict[str, tuple[float, int]] = {}

    def warning(self, cause: str, text: str, *values: object, exc_info: bool = False) -> None:
        """Log a warning in one line (a fault of ours with its traceback), unless its cause was logged just now."""
        now = time.monotonic()
        until, withheld = self._causes.get(cause, (now, 0))
        if now < until:
            self._causes[cause] = until, withheld + 1
            return
        if len(self._causes) >= MAX_CAUSES:
            self._causes.clear()
        self._causes[cause] = now + INTERVAL_S, 0
        more = f" (and {withheld} like it since the last such line)" if withheld else ""
        self._logger.warning("%s%s", text % values, more, exc_info=exc_info)
