"""The signals of the way out: internet, portal, ipv6."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from probe.model import (
    OWN_WORD,
    GreetingFact,
    NearbyFact,
    NetworkFact,
    PortalFact,
    Reading,
    TurnedAwayFact,
)
from probe.verdict.past import APART_SECONDS, began
from probe.verdict.seen import (
    Seen,
    Standing,
    confirmed,
    facts_of,
    observations_of,
    once,
    operators_of,
    sentence,
)
from probe.verdict.signals.line import quality
from probe.verdict.signals.way import (
    comes_and_goes,
    cut_off,
    in_conflict,
    is_near,
    own_addresses,
    whose_side,
)
from probe.wire.nat64 import is_translated
from probe.words import (
    Cause,
    Failure,
    Family,
    Internet,
    Ipv6,
    Look,
    Portal,
    Signal,
    Step,
)

# A verdict about the whole internet needs this many operators, or one of them is the internet.
OPERATORS_NEEDED = 2
# The far end spoke TLS and named somebody else: reached something, proved nobody.
UNAUTHENTICATED = frozenset(
    {
        Failure.SSL_UNKNOWN_AUTHORITY,
        Failure.SSL_INVALID_HOSTNAME,
        Failure.SSL_INVALID_CERTIFICATE,
        Failure.SSL_UNEXPECTED_ISSUER,
    }
)
# Said inside verified TLS: nobody on the way could.
AUTHENTICATED = frozenset({Failure.HTTP_5XX, Failure.HTTP_UNEXPECTED_STATUS, Failure.HTTP2_GOAWAY})
# The chain and the name are right; only the date is not: that is about a clock, and it was reached.
DATE_CLASS = frozenset({Failure.SSL_CERT_NOT_YET_VALID, Failure.SSL_CERT_EXPIRED})


@once
def references(seen: Seen) -> tuple[Standing, ...]:
    """All attempts at hosts that are not Apple's, but those that fell at their name."""
    both = (*seen.of(Look.REF_IP), *seen.of(Look.REF_NAME))
    return tuple(one for one in both if not one.unresolved)


def reached(one: Standing) -> bool:
    """The far end proved itself: an answer of any status inside verified TLS."""
    proved = one.failed_at in {Step.EXCHANGE, Step.CONTENT} and not one.silent
    return one.passed or one.failure in DATE_CLASS or proved


@once
def back_since(seen: Seen) -> float:
    """When the references that had failed answered again; long ago when they never failed.

    Two operators make a fault that was common and is over. What failed before that moment may have
    failed of the same fault, and accuses nobody else until it is asked again.
    """
    by_operator: dict[str, float] = {}
    for one in references(seen):
        started = turned_well(seen, one)
        if started is not None:
            operator = one.newest.finding.operator
            by_operator[operator] = min(started, by_operator.get(operator, started))
    moments = sorted(by_operator.values())
    return moments[OPERATORS_NEEDED - 1] if len(moments) >= OPERATORS_NEEDED else float("-inf")


def turned_well(seen: Seen, one: Standing) -> float | None:
    """When what works now began to, after it had failed; None when it never failed. However often
    it was asked since: others may not have been asked again at all."""
    began = one.newest.started
    for earlier in seen.history.get(one.key, ()):
        if not earlier.finding.passed:
            return began if earlier is not one.newest else None
        began = earlier.started
    return None


def since_then(seen: Seen, standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Without the failures of a common fault that is over. Looks of one sweep start together."""
    moment = back_since(seen) - APART_SECONDS
    return tuple(one for one in standings if not one.failed or one.newest.started >= moment)


# What a difference in one thing has shown needs no statistics.
PARTLY_PROVEN = frozenset({Cause.IPV4_BROKEN, Cause.LARGE_CLIENT_HELLO_DROPPED})


@once
def internet(seen: Seen) -> Reading:
    """A quorum of operators. One operator down changes nothing; all silent is the internet."""
    looks = references(seen)
    operators = operators_of(looks)
    up = operators_of(one for one in looks if reached(one))
    down = tuple(one for one in looks if one.newest.finding.operator not in up)
    impostors = operators_of(one for one in looks if one.failure in UNAUTHENTICATED)
    enough = max(OPERATORS_NEEDED, (len(operators) + 1) // 2)
    cause: Cause | None = None
    if cut_off(seen) and not up:
        # Nothing leaves this host: that needs no waiting for what was sent to come back.
        value, cause = Internet.UNREACHABLE, Cause.GATEWAY_OR_UPSTREAM
    elif len(operators) < OPERATORS_NEEDED:
        value = Internet.UNKNOWN
    elif len(up) >= enough:
        value = Internet.REACHED
        if ipv4_alone_fails(seen, looks):
            value = Internet.PARTLY
            cause = Cause.NAT64_DEAD if ipv4_is_translated(seen) else Cause.IPV4_BROKEN
        elif large_greetings_vanish(looks):
            value, cause = Internet.PARTLY, Cause.LARGE_CLIENT_HELLO_DROPPED
    elif up or (impostors and not pages_altered(seen)):
        # Behind a sign-in page an impostor is that page once more, and lets nobody out.
        value, cause = Internet.PARTLY, Cause.CONTROLS_PARTLY
    elif {(look, target) for look, target, _ in seen.waiting} & {one.key[:2] for one in down}:
        value = Internet.UNKNOWN  # the other family of the very same carried something a moment ago
    else:
        value, cause = Internet.UNREACHABLE, why_unreachable(seen, down)
    because = observations_of(down or looks)
    # What many connections have shown stands while the few references of now are asked anew.
    says_something = bool(up) or value is Internet.UNKNOWN
    poor = quality(seen) if says_something and cause not in PARTLY_PROVEN else None
    if poor is not None:
        value, cause = Internet.PARTLY, poor
        because = observations_of(seen.of(Look.LINE)) or because
    if value is Internet.UNREACHABLE and comes_and_goes(seen) and not cut_off(seen):
        value, cause = Internet.UNKNOWN, None
    if in_conflict(seen) and value is not Internet.REACHED:
        # What does not come back may have gone to the other who has this address.
        value, cause = Internet.UNKNOWN, None
    return Reading(
        signal=Signal.INTERNET,
        value=value,
        said=sentence(seen.of(Look.LINE), "connections come late, or not at all")
        if poor is not None
        else f"{len(up)} of {len(operators)} operators beyond this network proved themselves",
        cause=cause,
        because=because,
        age_seconds=seen.age(observations_of(looks)),
    )


def ipv4_alone_fails(seen: Seen, looks: Sequence[Standing]) -> bool:
    """IPv4 has a way, its own or a translator's, and carries nothing, while IPv6 works."""
    v4 = [one for one in looks if one.key[2] is Family.IPV4]
    works = [one for one in looks if reached(one)]
    return (
        len(operators_of(asked_since_it_works(seen, v4, works))) >= OPERATORS_NEEDED
        and not any(carried(one) for one in v4)
        and bool(works)
    )


def asked_since_it_works(
    seen: Seen, failing: Sequence[Standing], works: Sequence[Standing]
) -> list[Standing]:
    """Without what failed of the same fault as the others, which were asked again since. In the lab
    a line was gone for 5 s, came back over IPv6 first, and its translator was told to be dead."""
    moments = (turned_well(seen, one) for one in works)
    back = max((moment for moment in moments if moment is not None), default=float("-inf"))
    return [one for one in failing if one.newest.started >= back - APART_SECONDS]


def carried(one: Standing) -> bool:
    """What was sent came to somebody, who answered: the one who was asked, or an impostor."""
    return reached(one) or one.failure in UNAUTHENTICATED


def large_greetings_vanish(looks: Sequence[Standing]) -> bool:
    """Nobody's large greeting gets an answer, and at the same addresses small ones do.

    Every operator that was asked, two at least: with 10 % of packets lost, one large greeting in 25
    is lost for good in its time, all three once in 15,000 looks.
    """
    facts = [(one, fact) for one, fact in facts_of(looks) if isinstance(fact, GreetingFact)]
    asked = operators_of(one for one, _ in facts)
    return len(asked) >= OPERATORS_NEEDED and not any(f.large_got_through for _, f in facts)


def ipv4_is_translated(seen: Seen) -> bool:
    """This host has no IPv4 of its own; its network translates (NAT64)."""
    facts = [fact for _, fact in facts_of(seen.of(Look.LINK)) if isinstance(fact, NetworkFact)]
    return bool(facts) and not facts[0].has_default_route.get(Family.IPV4, False)


def without_broken_ipv4(seen: Seen, standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Without the failures over IPv4, where IPv4 as a whole fails and IPv6 works: what has no IPv6
    is out of reach for that, and accuses nobody else."""
    if not ipv4_alone_fails(seen, references(seen)):
        return tuple(standings)
    return tuple(one for one in standings if not (one.failed and over_ipv4(seen, one)))


def over_ipv4(seen: Seen, one: Standing) -> bool:
    """It was tried over IPv4, be it through a translator."""
    host = one.newest.finding.address.rpartition(":")[0].strip("[]")
    return one.key[2] is Family.IPV4 or is_translated(host, seen.translators)


def why_unreachable(seen: Seen, down: Sequence[Standing]) -> Cause:
    """Whose side of the router it is, as far as anybody on the way tells."""
    if all(one.failed_at is Step.HANDSHAKE and one.silent for one in down):
        # Connections open and then nothing large comes through. What else can do this is the
        # portal's and the firewall's case, and they are asked first.
        known = small_packets_pass(seen, *Family)
        return Cause.PMTU_BLACKHOLE if known else Cause.GATEWAY_OR_UPSTREAM
    return whose_side(seen)


def small_packets_pass(seen: Seen, *families: Family) -> bool:
    """Two places that hang at full size spoke when packets were small, at the same moment."""
    small = {
        one.key[1]
        for one, fact in facts_of(seen.of(Look.NEARBY))
        if isinstance(fact, NearbyFact)
        and fact.cause is Cause.PMTU_BLACKHOLE
        and one.key[2] in families
    }
    return len(small) >= PLACES_NEEDED


PLACES_NEEDED = 2


def plain_pages(seen: Seen) -> tuple[Standing, ...]:
    """The pages of operators far away; not what this network says of itself."""
    return tuple(one for one in seen.of(Look.CAPTIVE) if one.newest.finding.group != OWN_WORD)


def says_sign_in(seen: Seen) -> tuple[Standing, ...]:
    """This network's own word that this device has to sign in (RFC 8908)."""
    own = seen.of(Look.CAPTIVE, group=OWN_WORD)
    return tuple(one for one in own if one.failure is Failure.PORTAL_API)


@once
def altered(seen: Seen) -> list[tuple[Standing, PortalFact]]:
    """The plain pages that came back as something else."""
    return [
        (one, fact) for one, fact in facts_of(plain_pages(seen)) if isinstance(fact, PortalFact)
    ]


def pages_altered(seen: Seen) -> bool:
    """Two operators' pages, or every page that was answered at all: an allow-listed one proves
    nothing about the others."""
    altering = operators_of(one for one, _ in altered(seen))
    exact = any(one.passed for one in plain_pages(seen))
    return len(altering) >= 2 or (bool(altering) and not exact)


def portal(seen: Seen) -> Reading:
    """Captive when two operators' pages were altered, or every page that was answered was; or when
    this network says so itself and no page came through. That it says otherwise proves nothing: the
    pages tell whether they come through. One that was asked for before the references fell silent
    says nothing of a network on which they are.
    """
    looks = plain_pages(seen)
    exact = [one for one in looks if one.passed and one.newest.started >= shut_since(seen)]
    altering = tuple(one for one, _ in altered(seen))
    own_word = says_sign_in(seen)
    value, cause = Portal.UNKNOWN, None
    if pages_altered(seen):
        value, cause = Portal.CAPTIVE, which_portal(seen)
    elif exact:
        value = Portal.CLEAR
    elif own_word:
        value, altering = Portal.CAPTIVE, own_word
        cause = Cause.PORTAL_EXPIRED if seen.was_open else Cause.PORTAL_API
    elif any(not one.passed for one in looks):
        value = Portal.FAILED
    because = observations_of(altering or looks)
    return Reading(
        signal=Signal.PORTAL,
        value=value,
        said=sentence(altering or looks, "no sign-in page was looked for"),
        cause=cause,
        because=because,
        age_seconds=seen.age(observations_of(looks or altering)),
    )


@once
def shut_since(seen: Seen) -> float:
    """Since when so many operators fail as make a verdict, while nobody answers; long ago else. By
    when they were asked: what one sweep asks is of one moment, however late the answers come."""
    first: dict[str, float] = {}
    for one in references(seen):
        asked = (began(seen.history.get(one.key, ())) or one.newest).started
        operator = one.newest.finding.operator
        first[operator] = min(asked, first.get(operator, asked))
    if internet(seen).value is not Internet.UNREACHABLE or len(first) < OPERATORS_NEEDED:
        return float("-inf")
    return sorted(first.values())[OPERATORS_NEEDED - 1] - APART_SECONDS


def which_portal(seen: Seen) -> Cause:
    """What a person can do something about comes first: a sign-in that has run out. Then how the
    page gets in the way, the widest way first."""
    found = altered(seen)
    if seen.was_open:
        return Cause.PORTAL_EXPIRED
    if names_point_inside(seen, [one for one, _ in found]):
        return Cause.PORTAL_DNS
    if any(one.failure in UNAUTHENTICATED for one in references(seen)):
        return Cause.PORTAL_TLS
    return Counter(fact.kind for _, fact in found).most_common(1)[0][0]


def names_point_inside(seen: Seen, altering: Sequence[Standing]) -> bool:
    """The public pages were served from private addresses, or from this host's own network: the
    names themselves were bent."""
    hosts = [one.newest.finding.address.rpartition(":")[0].strip("[]") for one in altering]
    known = [host for host in hosts if host]
    # A name bent to loopback leads to this host, not to somebody's sign-in page.
    return bool(known) and all(
        not ip_address(host).is_loopback and (ip_address(host).is_private or is_near(seen, host))
        for host in known
    )


def own_word(seen: Seen, standings: Sequence[Standing]) -> bool:
    """Nobody but this host itself says that there is no way: a router that announces IPv6 and has
    none says it in the same words."""
    own = own_addresses(seen)
    return all(
        fact.offender in own for _, fact in facts_of(standings) if isinstance(fact, TurnedAwayFact)
    )


def how_ipv6_breaks(seen: Seen, v6: Sequence[Standing]) -> tuple[Cause, str]:
    """Connections that open and hang have lost what came after, large or not: whose size it is is
    known when the same places speak in small packets."""
    if not all(one.failed_at is Step.HANDSHAKE and one.silent for one in v6):
        return Cause.V6_BLACKHOLE, "IPv6 is promised here and leads nowhere"
    if small_packets_pass(seen, Family.IPV6):
        return Cause.V6_PMTU, "IPv6 carries small packets and loses large ones"
    return Cause.V6_BLACKHOLE, "connections over IPv6 open, and then hang"


def ipv6(seen: Seen) -> Reading:
    """Broken: this network promises IPv6 and carries none, while IPv4 works. Absent is fine."""
    facts = [fact for _, fact in facts_of(seen.of(Look.LINK)) if isinstance(fact, NetworkFact)]
    by_address = seen.of(Look.REF_IP)
    v6 = [one for one in by_address if one.key[2] is Family.IPV6]
    cited = v6
    looks = references(seen)
    value, cause = Ipv6.UNKNOWN, None
    said = "it is not clear whether IPv6 works" if v6 else "IPv6 was not looked at"
    if ipv4_is_translated(seen) and ipv4_alone_fails(seen, looks):
        value, cause = Ipv6.BROKEN, Cause.NAT64_DEAD
        said = "this network has IPv6 only, and does not translate to IPv4 as it promises"
        cited = [one for one in looks if over_ipv4(seen, one)]
    elif any(reached(one) for one in v6):
        value, said = Ipv6.FINE, "IPv6 works"
    elif facts and not facts[0].has_default_route.get(Family.IPV6, False):
        value, said = Ipv6.FINE, "this network has no IPv6, and needs none"
    elif (
        v6 and all(one.failure is Failure.NETWORK_UNREACHABLE for one in v6) and own_word(seen, v6)
    ):
        value, said = Ipv6.FINE, "this device does not use IPv6"
    elif (
        len(operators_of(asked_since_it_works(seen, v6, by_address))) >= OPERATORS_NEEDED
        and confirmed(v6)
        and not any(carried(one) for one in v6)
        # A few of many that answer over IPv4 show a bad line, not a bad IPv6.
        and internet(seen).value is Internet.REACHED
        and any(reached(one) for one in by_address)
    ):
        value, (cause, said) = Ipv6.BROKEN, how_ipv6_breaks(seen, v6)
    because = observations_of(cited)
    return Reading(
        signal=Signal.IPV6,
        value=value,
        said=said,
        cause=cause,
        because=because,
        age_seconds=seen.age(observations_of((*v6, *seen.of(Look.LINK)))),
    )
