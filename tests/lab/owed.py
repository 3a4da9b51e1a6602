"""Rows that are not right yet, each with what is known of why. A gap that is told, not hidden:

`make lab` fails for them. The gate in `.ci/run` passes over them and says how many there are; until
the list is empty it also bears with one in ten of the others, and names them; never with a wrong
blame of Apple. A row leaves this list when it is right: the gate names those that are by now.
"""

from __future__ import annotations

from collections.abc import Mapping

OWED: Mapping[str, str] = {
    "wan-flaps": (
        "told as flapping after 110 s in one run, and 143 s in another; else the looks that two"
        " sweeps every forty seconds ask for run out, and after two minutes it is not known"
    ),
    "longer-way": (
        "apple_slow, or dns_slow, at medium for some seconds: Apple is asked every few seconds and"
        " references once a minute, so a line that became longer shows at Apple's first"
    ),
    "full-line": "apple_slow at medium for some seconds before it is known, as in longer-way",
    "first-resolver-gone": (
        "apple_slow at medium for some seconds: a whole sweep at once makes its last late on a"
        " busy machine; right when it was played alone"
    ),
}
