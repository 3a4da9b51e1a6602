"""One isitme at a time writes a history; a second one would end the incidents of the first."""

from __future__ import annotations

import fcntl
import sqlite3
from pathlib import Path
from typing import IO


class InUse(sqlite3.OperationalError):
    """Another process writes this file."""


def hold(path: Path) -> IO[bytes]:
    """Hold the history at `path` until what is returned is closed, or this process ends: the kernel
    lets go of it then, however it ends. Raises InUse, OSError."""
    held = path.with_name(f"{path.name}.lock").open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise InUse("another isitme keeps its history there") from None
    except OSError:
        held.close()
        raise
    return held
