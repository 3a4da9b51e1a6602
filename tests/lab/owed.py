"""Rows that are not right yet, each with what is known of why. A gap that is told, not hidden:

`make lab` fails for them. The gate in `.ci/run` passes over them and says how many there are; until
the list is empty it also bears with one in ten of the others, and names them; never with a wrong
blame of Apple. A row leaves this list when it is right: the gate names those that are by now.
"""

from __future__ import annotations

from collections.abc import Mapping

OWED: Mapping[str, str] = {
    # late, or another code on the way
    "wan-cable-out": (
        "10 s against 6; dns/resolver_upstream_dead at high for some seconds: a "
        "service that is asked by turns still counts by what its other part "
        "said before the fault"
    ),
    "wan-flaps": "the same, at every flap; told as wan_down after 219 s against 150",
    "another-network": (
        "gateway_or_upstream: the router says what its line does once a second only"
    ),
    "clock-set-right": "9 s against 6 beside eleven other worlds",
    "secure-pages-blocked": "20 to 25 s against 16; wan_bufferbloat while it recovers",
    "secure-pages-blocked-and-push": "as secure-pages-blocked",
    "portal-session-expires": "21 s against 16; new_connections_failing while it recovers",
    "inspection-root-unknown": "18 s against 16; apple_slow while it recovered",
    "large-greetings-dropped": "apple_slow was shown beside it",
    "apples-names-reset-on-443": "apple_slow was shown while it recovered",
    "push-5223-reset-by-router": "only_443 (unknown, medium) until the router's part is shown",
    "own-firewall": "only_443 (unknown, medium) until the kernel's own word is heard",
    "translator-dead-for-all": "23 s against 16; new_connections_failing while it recovers",
    # not told as what it is
    "two-with-one-address": "recovers in minutes; without privilege a conflict looks like loss",
    "bad-wifi": ("loss is told, whose it is (lan_loss) is not: the router is asked too little"),
    "new-connections-fail": "told, but not taken back within a minute after it healed",
    "one-host-limited": "a limit of one destination is not noticed at the pace isitme asks",
    "apple-names-unanswered": "SERVFAIL for Apple's names alone counts as the provider's at times",
    "large-packets-from-apple-lost": (
        "the small twin is late, so a hang looks measured (decision 0065)"
    ),
    "apple-reset-by-block-list": "not shown as near within the bound (decision 0065)",
}
