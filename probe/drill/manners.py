"""How the drill's servers behave. As made, all is well; a drill changes some of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from probe.drill.feeds import OUTAGE_SAID
from probe.drill.nameserver import Rule
from probe.drill.timeserver import TimeManner


class CourierManner(StrEnum):
    """What a push courier does with a caller. Refusing ones are a matter of the wire."""

    WORKS = "works"
    HANGS = "hangs"  # accepts TCP and never speaks TLS
    RESETS = "resets"
    WRONG_CERTIFICATE = "wrong_certificate"  # signed by a stranger, as an inspecting proxy does
    NO_ALPN = "no_alpn"


class FeedManner(StrEnum):
    """What Apple's consumer feed is, beside what it says."""

    WORKS = "works"
    BROKEN = "broken"  # a web page in its place
    NEW_WORDS = "new_words"  # it has a kind of event that nobody has seen before


@dataclass(slots=True, kw_only=True)
class Manners:
    names: dict[str, Rule] = field(default_factory=dict)  # the gateway's; "*.parent" for all below
    time: dict[str, TimeManner] = field(default_factory=dict)  # by place
    courier: CourierManner = CourierManner.WORKS
    provider_status: int | None = None  # what the provider API answers; None: it is well
    apple_status: int | None = None  # what identity and account hosts answer; None: they are well
    outage_posted: bool = False  # Apple's consumer feed says so
    outage_said: str = OUTAGE_SAID  # in these words
    feed: FeedManner = FeedManner.WORKS
    feed_changed_unix: float = 0.0
    portal: bool = False  # every plain-HTTP request ends at a sign-in page
