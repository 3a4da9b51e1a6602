"""The signal of who vouches for secure connections: tls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from probe.model import CertificateFact, Observation, PortalFact, Reading
from probe.verdict.past import APART_SECONDS
from probe.verdict.seen import (
    Seen,
    Standing,
    facts_of,
    observations_of,
    once,
    operators_of,
    targets_of,
)
from probe.verdict.signals.path import (
    OPERATORS_NEEDED,
    UNAUTHENTICATED,
    names_point_inside,
    pages_altered,
    reached,
    references,
    since_then,
    turned_well,
)
from probe.words import Cause, Failure, Look, Note, Signal, Tls

APPLE_TLS_LOOKS = (Look.APPLE_WEB, Look.PUSH_5223, Look.PUSH_443)


@once
def tls(seen: Seen) -> Reading:
    """Does the far end prove itself to be who it is? Two unrelated origins decide, either way.

    One unexpected issuer on hosts of two operators is somebody in between. Different ones on each
    are more likely our own list of roots, and accuse nobody.
    """
    controls = references(seen)
    apple = of_apple(seen)
    gone = page_gone_since(seen)
    signed, signed_apple = (
        strangers(seen, (one for one in looks if one.newest.started >= gone))
        for looks in (controls, apple)
    )
    # Behind a sign-in page a stranger is that page once more.
    suspect = "" if pages_altered(seen) else signer_of_many([*signed, *signed_apple])
    good = operators_of(one for one in controls if reached(one))
    own = good - operators_of(one for one, _ in signed)
    forged = operators_of(one for one in controls if one.failure in UNAUTHENTICATED)
    value, cause, because = Tls.UNKNOWN, None, observations_of(controls)
    said = f"{len(good)} operators proved who they are"
    # What programs here believe breaks nothing of Apple's but what only Apple may vouch for.
    touches_apple = any(fact.issuer == suspect and one.failed for one, fact in signed_apple)
    if suspect and (touches_apple or len(forged) > len(own)):
        witnesses = [pair for pair in (*signed, *signed_apple) if pair[1].issuer == suspect]
        value, cause = Tls.INTERCEPTED, which_inspection(suspect, witnesses)
        because, said = observations_of(one for one, _ in witnesses), signed_by(suspect)
    elif len(good) >= 2:
        value = Tls.TRUSTED
        forged_apple = tuple(one for one in apple if one.failure in UNAUTHENTICATED)
        stranger = same_stranger(forged_apple)
        if stranger and len(targets_of(forged_apple)) >= 2:
            value, cause = Tls.INTERCEPTED_APPLE, which_inspection(stranger, signed_apple)
            because, said = observations_of(forged_apple), signed_by(stranger)
    return Reading(
        signal=Signal.TLS,
        value=value,
        said=said,
        cause=cause,
        because=because,
        age_seconds=seen.age(observations_of(controls)),
    )


def page_gone_since(seen: Seen) -> float:
    """When a sign-in page that was in the way was seen to be gone: what was signed before that
    moment may have been signed by it. Looks of one sweep start together."""
    back = [
        moment
        for one in seen.of(Look.CAPTIVE)
        if any(was_altered(earlier) for earlier in seen.history.get(one.key, ()))
        and (moment := turned_well(seen, one)) is not None
    ]
    return min(back) - APART_SECONDS if back else float("-inf")


def was_altered(observation: Observation) -> bool:
    return any(isinstance(fact, PortalFact) for fact in observation.finding.facts)


def of_apple(seen: Seen) -> tuple[Standing, ...]:
    return since_then(seen, (one for look in APPLE_TLS_LOOKS for one in seen.of(look)))


Signed: TypeAlias = tuple[Standing, CertificateFact]


def strangers(seen: Seen, standings: Iterable[Standing]) -> list[Signed]:
    """Hosts for which somebody vouches whom no public list of roots knows.

    Not: what only its name or its date is wrong about, what was publicly logged (then our list is
    too old), what an address inside answered under a bent name, and Apple's own authorities.
    """
    return [
        (one, fact)
        for one, fact in facts_of(standings)
        if isinstance(fact, CertificateFact)
        and fact.issuer
        and not fact.by_own_roots
        and not fact.logged
        and (one.passed or one.failure in RESIGNED)
        and (one.key[0] is Look.REF_IP or not names_point_inside(seen, [one]))
        and not fact.calls_itself_apple
    ]


# Names and dates can be wrong all by themselves; these are wrong by who signed.
RESIGNED = frozenset({Failure.SSL_UNKNOWN_AUTHORITY, Failure.SSL_UNEXPECTED_ISSUER})


def signer_of_many(signed: Iterable[Signed]) -> str:
    """The one issuer that vouches for hosts of the most operators, of two at least; else none."""
    operators: defaultdict[str, set[str]] = defaultdict(set)
    for one, fact in signed:
        operators[fact.issuer].add(one.newest.finding.operator)
    most = max(operators, key=lambda issuer: len(operators[issuer]), default="")
    return most if len(operators[most]) >= OPERATORS_NEEDED else ""


def which_inspection(issuer: str, signed: Iterable[Signed]) -> Cause:
    """Whose doing it is, by the issuer's own name; else whether this machine was made to believe
    it."""
    if is_on_host(issuer):
        return Cause.ON_HOST_AV
    if any(fact.verified for _, fact in signed):
        return Cause.INSPECTION_ROOT_INSTALLED
    return Cause.INSPECTION_UNKNOWN_ROOT


# What security software that runs on the device itself calls the authority it makes there. Seen in
# people's reports: "Avast Web/Mail Shield Root", "AVG ...", "Norton ...", "ESET SSL Filter CA",
# "Kaspersky Anti-Virus Personal Root Certificate", "Bitdefender Personal CA.Net-Defender",
# "AdGuard Personal CA". Appliances and company agents are left out: those are the network's.
ON_HOST = (
    "web shield",
    "mail shield",
    "eset ssl filter",
    "kaspersky anti-virus personal",
    "bitdefender personal ca",
    "adguard personal ca",
)


def is_on_host(issuer: str) -> bool:
    return any(name in issuer.lower() for name in ON_HOST)


def spared(seen: Seen) -> str:
    """Who looks into secure connections here and leaves Apple's alone, as Apple asks; else empty.

    Only where this machine was made to believe it: then nothing breaks, and it is worth knowing.
    """
    suspect = signer_of_many(pair for pair in strangers(seen, references(seen)) if pair[0].passed)
    alone = any(one.passed for one in of_apple(seen)) and tls(seen).value is Tls.TRUSTED
    return suspect if alone else ""


def notes(seen: Seen) -> list[tuple[Note, str]]:
    """What is true about certificates here and changes no verdict."""
    if not (who := spared(seen)):
        return []
    said = f"{who} looks into secure connections here, and leaves Apple's alone, as it should."
    return [(Note.INSPECTION_SPARES_APPLE, said)]


def same_stranger(standings: Iterable[Standing]) -> str:
    """The one signer of several hosts, unless it is Apple itself; else empty."""
    signers = {
        (fact.issuer, fact.calls_itself_apple)
        for _, fact in facts_of(standings)
        if isinstance(fact, CertificateFact) and not fact.by_own_roots and fact.issuer
    }
    name, apples = signers.pop() if len(signers) == 1 else ("", False)
    return "" if apples else name


def signed_by(issuer: str) -> str:
    return f"connections are signed by {issuer}, not by their owners"
