"""The scenarios of the comparison: about one of each kind, and what the others do not say of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One scenario, in a person's words."""

    scenario: str
    fault: str
    apple: bool = False  # whether it really is Apple
    met_by_all: bool = (
        True  # False: the lab can do it to isitme alone, so the others showed nothing
    )
    # What nothing looks at, or puts together, in the configuration that the others have here.
    cannot: str


CHOSEN: tuple[Row, ...] = (
    Row(
        scenario="cable-out",
        fault="The cable of this host is out",
        cannot="that it is this host's own link: every target fails alike",
    ),
    Row(
        scenario="router-off",
        fault="The router is off",
        cannot="that this host's link is up and its neighbour is gone",
    ),
    Row(
        scenario="wan-cable-out",
        fault="The router has lost its line",
        cannot="that the router itself says there is no way (ICMP)",
    ),
    Row(
        scenario="provider-black-hole",
        fault="The provider drops everything",
        cannot="how far packets still get",
    ),
    Row(
        scenario="ten-percent-loss",
        fault="The line loses 10 % of its packets",
        cannot="how much is lost: one ping a round is no measure (smokeping_prober is one)",
    ),
    Row(
        scenario="push-names-null",
        fault="A DNS filter answers 0.0.0.0 for Apple's push names",
        cannot="that the resolver's answer is false: a failed probe does not show which it used",
    ),
    Row(
        scenario="provider-resolver-dead",
        fault="The provider's resolver is dead, its line is not",
        cannot="that it is the resolver behind the router's, which is well itself",
    ),
    Row(
        scenario="portal-redirects",
        fault="A captive portal redirects web pages",
        cannot="that the answer is a portal's log-in page",
    ),
    Row(
        scenario="push-5223-dropped",
        fault="A firewall drops port 5223",
        cannot="that phones fall back to 443, so that people notice little",
    ),
    Row(
        scenario="proxy-required",
        fault="The network lets the web out through its proxy only",
        cannot="that a proxy is there and would be the way",
    ),
    Row(
        scenario="inspection-root-unknown",
        fault="A middlebox opens TLS and signs with its own root",
        cannot="whose certificate it was: a failed probe does not show the issuer",
    ),
    Row(
        scenario="ipv6-black-hole",
        fault="IPv6 is announced but leads nowhere",
        cannot="that programs hang on it, for some seconds at each new connection",
    ),
    Row(
        scenario="clock-ten-minutes-fast",
        fault="This host's clock is ten minutes fast",
        met_by_all=False,
        cannot="anything of clocks (node_exporter's timex says whether one is synchronised)",
    ),
    Row(
        scenario="time-server-false",
        fault="One time server is half a minute wrong",
        cannot="which time is right: neither compares one server with another",
    ),
    Row(
        scenario="one-reference-down",
        fault="One of the outside references is down, nothing else",
        cannot="that nobody here has a trouble: to them a target that fails is an alert",
    ),
    Row(
        scenario="couriers-hang",
        fault="Apple's push servers accept and then say nothing",
        apple=True,
        cannot="that the far end itself took the connection, so that no filter is to blame",
    ),
    Row(
        scenario="all-apple-errs",
        fault="Apple answers everything with 503",
        apple=True,
        cannot="which services of Apple's a person would miss",
    ),
    Row(
        scenario="apple-says-outage",
        fault="Apple's status page reports an outage",
        apple=True,
        cannot="what a page says: it is JSON with a history, not a status code",
    ),
)
