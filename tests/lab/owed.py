"""Rows that are not right yet, each with what is known of why. A gap that is told, not hidden:

`make lab` fails for them. The gate in `.ci/run` passes over them and says how many there are; until
the list is empty it also bears with one in ten of the others, and names them; never with a wrong
blame of Apple. A row leaves this list when it is right: the gate names those that are by now.
"""

from __future__ import annotations

from collections.abc import Mapping

OWED: Mapping[str, str] = {
    "wan-flaps": (
        "told as flapping after 143 s against 150 in its one right run; gateway_or_upstream, or"
        " later, in the others"
    ),
    "another-network": (
        "gateway_or_upstream at times: the router says what its line does once a second only"
    ),
    "two-with-one-address": "without privilege a conflict looks like loss, or like a dead resolver",
    "one-host-limited": "a limit of one destination is not noticed at the pace isitme asks",
    "apple-names-unanswered": (
        "told after two minutes or not; while it heals, other resolvers are right before this one,"
        " which keeps its SERVFAIL, and is called dead upstream at high for some seconds"
    ),
    "large-packets-from-apple-lost": (
        "suspected, low (decision 0065): the small twin is late, so a hang looks measured"
    ),
}
