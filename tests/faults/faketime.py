"""A clock of its own for one process, that a test sets while it runs (libfaketime; its monotonic clock stays true)."""

from __future__ import annotations

from pathlib import Path

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


class FakeClock:
    """A file with the difference from the true time, read anew every second."""

    def __init__(self, folder: Path) -> None:
        assert LIBRARY, "libfaketime is missing: install the package faketime"
        self._file = folder / "clock"
        self.environment = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.jump(0)

    def jump(self, seconds: int) -> None:
        """Be so many seconds ahead (or, below 0, behind) from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)
