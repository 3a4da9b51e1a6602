"""What each alert must do, and must not do, in the state that it is made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from probe.words import Blame, Code, Impact
from tests.prometheus.series import (
    ALL_WELL,
    APPLE,
    APPLE_OR_PATH,
    HERE,
    HERE_PARTLY,
    IMPAIRED,
    NOT_THERE,
    PROVIDER,
    ROUTER_OR_LINE,
    Says,
    Site,
)

# alert, severity, whose: the site, else the provider, else nobody's.
Firing = frozenset[tuple[str, str, str]]
NOTHING: Firing = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Some sites, and all that fires at some minutes; nothing else may."""

    name: str
    sites: Sequence[Site]
    firing: Mapping[int, Firing]
    budget: bool = False  # whether the budget's alerts are looked at too


def one(*alerts: tuple[str, str], whose: str = "berlin") -> Firing:
    return frozenset((name, severity, whose) for name, severity in alerts)


def spell(
    name: str,
    state: Says,
    firing: Firing,
    *,
    lasts: int = 10,
    last_silent: int = 0,
    over_after: int = 25,
) -> Case:
    """Ten minutes all is well, `lasts` minutes it is not, and then all is well again.

    `last_silent`: the last of the bad minutes, from 0, at which nothing fires yet. `over_after`:
    so many good minutes later nothing fires any more.
    """
    return Case(
        name=name,
        sites=[Site(says=[(10, ALL_WELL), (lasts, state), (over_after, ALL_WELL)])],
        firing={
            9: NOTHING,
            10 + last_silent: NOTHING,
            9 + lasts: firing,
            9 + lasts + over_after: NOTHING,
        },
    )


def three(name: str, berlin: Says, hamburg: Says, munich: Says, firing: Firing) -> Case:
    """Three sites: berlin and hamburg share a provider, munich has another."""
    return Case(
        name=name,
        sites=[
            Site(name="berlin", provider="cable-one", says=[(10, ALL_WELL), (10, berlin)]),
            Site(name="hamburg", provider="cable-one", says=[(10, ALL_WELL), (10, hamburg)]),
            Site(name="munich", provider="fibre-two", says=[(10, ALL_WELL), (10, munich)]),
        ],
        firing={9: NOTHING, 19: firing},
    )


def says(blame: Blame, code: Code, impact: Impact) -> Says:
    return Says(blame=blame, code=code, impact=impact)


ONE_SITE = (
    Case(name="all is well", sites=[Site(says=[(60, ALL_WELL)])], firing={5: NOTHING, 59: NOTHING}),
    spell("nothing works here", HERE, one(("IsItMeHere", "critical"))),
    spell("something fails here", HERE_PARTLY, one(("IsItMeHere", "warning")), last_silent=1),
    spell("the line is down", PROVIDER, one(("IsItMeProvider", "critical")), last_silent=1),
    spell("Apple is down", APPLE, one(("IsItMeApple", "critical")), last_silent=1),
    spell(
        "Apple says so",
        says(Blame.APPLE, Code.APPLE_ACKNOWLEDGED, Impact.PARTIAL),
        one(("IsItMeApple", "warning")),
        last_silent=1,
    ),
    spell("Apple or the way", APPLE_OR_PATH, one(("IsItMeUnknown", "critical")), last_silent=2),
    spell(
        "something fails, and it is not known why",
        says(Blame.UNKNOWN, Code.UNKNOWN, Impact.PARTIAL),
        one(("IsItMeUnknown", "warning")),
        last_silent=2,
    ),
    spell(
        "no answer",
        says(Blame.UNKNOWN, Code.UNKNOWN, Impact.NONE),
        one(("IsItMeCannotTell", "warning")),
        lasts=20,
        last_silent=14,
    ),
    spell(
        "it is slow",
        says(Blame.UNKNOWN, Code.DEGRADED, Impact.LOW),
        one(("IsItMeDegraded", "info")),
        lasts=20,
        last_silent=9,
    ),
    spell(
        "a start",
        says(Blame.UNKNOWN, Code.UNKNOWN, Impact.NONE),
        NOTHING,
        lasts=2,
    ),
    spell("it comes and goes", Says(turns=1), one(("IsItMeFlapping", "info")), lasts=30,
          over_after=95),
    spell("isitme is down", Says(up=False), one(("IsItMeDown", "warning")), last_silent=2),
    spell("it does not look", Says(looks=0), one(("IsItMeNotLooking", "warning")), lasts=15,
          last_silent=5),
    spell("it is late", Says(lag_seconds=3), one(("IsItMeLate", "info")), lasts=20, last_silent=9),
    spell("refused", Says(reloaded=False), one(("IsItMeReloadFailed", "warning"))),
    spell(
        "the clock drifts",
        Says(ahead_seconds=(1.5, 1.6)),
        one(("IsItMeClockDrifts", "info")),
        lasts=20,
        last_silent=14,
    ),
    spell("one time server is wrong", Says(ahead_seconds=(0.0, 90.0)), NOTHING, lasts=30),
    spell(
        "the feed is broken",
        Says(feed_up=False, feed_read=False),
        one(("IsItMeFeedUnreadable", "info")),
        lasts=40,
        last_silent=29,
    ),
    spell(
        "the feed is not asked",
        Says(feed_up=None, feed_read=False),
        one(("IsItMeFeedStale", "info")),
        lasts=80,
        last_silent=55,
    ),
    spell("new words", Says(new_words=3), one(("IsItMeFeedNewWords", "info")), lasts=20,
          last_silent=8, over_after=130),
    Case(
        name="a site is not heard any more",
        sites=[
            Site(says=[(60, ALL_WELL)]),
            Site(name="munich", provider="fibre-two", says=[(20, ALL_WELL), (40, NOT_THERE)]),
        ],
        firing={23: NOTHING, 30: one(("IsItMeSiteGone", "warning"), whose="munich")},
    ),
    Case(
        name="no isitme at all",
        sites=[Site(says=[(30, NOT_THERE), (30, ALL_WELL)])],
        firing={9: NOTHING, 15: one(("IsItMeAbsent", "warning"), whose=""), 40: NOTHING},
    ),
)  # fmt: skip

SITES = (
    three(
        "only here",
        ALL_WELL,
        HERE,
        ALL_WELL,
        one(("IsItMeHere", "critical"), ("IsItMeOnlyHere", "info"), whose="hamburg"),
    ),
    three(
        "one line is down",
        PROVIDER,
        ALL_WELL,
        ALL_WELL,
        one(("IsItMeProvider", "critical"), ("IsItMeOnlyHere", "info")),
    ),
    three(
        "this provider",
        PROVIDER,
        APPLE_OR_PATH,
        ALL_WELL,
        one(("IsItMeThisProvider", "critical"), whose="cable-one")
        | one(("IsItMeProvider", "critical"))
        | one(("IsItMeUnknown", "critical"), whose="hamburg"),
    ),
    three(
        "this provider, though no site alone can tell its router from its line",
        ROUTER_OR_LINE,
        ROUTER_OR_LINE,
        ALL_WELL,
        one(("IsItMeThisProvider", "critical"), whose="cable-one")
        | one(("IsItMeUnknown", "critical"))
        | one(("IsItMeUnknown", "critical"), whose="hamburg"),
    ),
    three(
        "everywhere, though no site alone can tell",
        APPLE_OR_PATH,
        APPLE_OR_PATH,
        APPLE_OR_PATH,
        one(("IsItMeEverywhere", "critical"), whose="")
        | one(("IsItMeUnknown", "critical"))
        | one(("IsItMeUnknown", "critical"), whose="hamburg")
        | one(("IsItMeUnknown", "critical"), whose="munich"),
    ),
    three(
        "everywhere, but for a site that is cut off",
        APPLE,
        HERE,
        APPLE,
        one(("IsItMeEverywhere", "critical"), whose="")
        | one(("IsItMeApple", "critical"))
        | one(("IsItMeHere", "critical"), whose="hamburg")
        | one(("IsItMeApple", "critical"), whose="munich"),
    ),
    three(
        "who cannot keep up is no witness",
        IMPAIRED,
        IMPAIRED,
        IMPAIRED,
        NOTHING,
    ),
    Case(
        name="two of five are not everywhere, though no other can tell",
        sites=[
            Site(name=name, provider=name, says=[(20, state)])
            for name, state in (
                ("berlin", APPLE_OR_PATH),
                ("hamburg", APPLE_OR_PATH),
                ("munich", IMPAIRED),
                ("vienna", IMPAIRED),
                ("bern", IMPAIRED),
            )
        ],
        firing={
            10: one(("IsItMeUnknown", "critical"))
            | one(("IsItMeUnknown", "critical"), whose="hamburg")
        },
    ),
    three(
        "two of two providers: neither only here nor everywhere",
        APPLE,
        ALL_WELL,
        APPLE,
        one(("IsItMeApple", "critical")) | one(("IsItMeApple", "critical"), whose="munich"),
    ),
    three(
        "the same filter at every site blames nobody else",
        HERE_PARTLY,
        HERE_PARTLY,
        HERE_PARTLY,
        one(("IsItMeHere", "warning"))
        | one(("IsItMeHere", "warning"), whose="hamburg")
        | one(("IsItMeHere", "warning"), whose="munich"),
    ),
    three(
        "the same filter at one provider's sites is not the provider",
        HERE_PARTLY,
        HERE_PARTLY,
        ALL_WELL,
        one(("IsItMeHere", "warning"), ("IsItMeOnlyHere", "info"))
        | one(("IsItMeHere", "warning"), ("IsItMeOnlyHere", "info"), whose="hamburg"),
    ),
)

BUDGET = (
    Case(
        name="three quiet minutes cost no page",
        sites=[Site(says=[(120, ALL_WELL), (3, HERE), (60, ALL_WELL)])],
        firing={122: one(("IsItMeHere", "critical")), 150: NOTHING},
        budget=True,
    ),
    Case(
        name="an hour of trouble",
        sites=[Site(says=[(120, ALL_WELL), (30, HERE), (60, ALL_WELL)])],
        firing={
            119: NOTHING,
            149: one(("IsItMeHere", "critical"), ("IsItMeBudgetBurns", "warning")),
            200: NOTHING,
        },
        budget=True,
    ),
    Case(
        name="a bad day",
        sites=[Site(says=[(120, ALL_WELL), *[(57, ALL_WELL), (3, HERE_PARTLY)] * 23])],
        firing={119: NOTHING, 1490: one(("IsItMeBudgetBurns", "info"))},
        budget=True,
    ),
)

CASES = (*ONE_SITE, *SITES, *BUDGET)
