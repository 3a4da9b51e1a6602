"""Rows that are not right yet, each with what is known of why. A gap that is told, not hidden:

`make lab` fails for them; the gate in `.ci/run` passes over them and says how many there are, but
never over a wrong blame of Apple. A row leaves this list when it is right; one that is right by now
is named by the gate, so that it is taken off.
"""

from __future__ import annotations

from collections.abc import Mapping

OWED: Mapping[str, str] = {}
