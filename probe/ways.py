"""What a network does with the way to one of Apple's hosts, as one finding shows it. Pure.

Whether the far end was reached and proved who it is; what it then answered is told apart, because a
server error inside verified TLS shows that the way there is free.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from probe.catalogue import APPLE, HTTP_PORT, PUBLIC, Entry
from probe.model import CertificateFact, Finding
from probe.targets import Targets
from probe.wire.addresses import is_bogon
from probe.words import Failure, Family, Step


class Way(StrEnum):
    """What a network does with the way to one host."""

    OPEN = "open"  # the far end proved who it is
    INTERCEPTED = "intercepted"  # somebody else vouches for it
    ANSWERED_FOR = "answered_for"  # its name or its page is somebody else's
    REFUSED_BY_PROXY = "refused_by_proxy"
    NO_NAME = "no_name"  # no address to be had
    CLOSED = "closed"  # refused, reset or silent: whose doing it is does not show
    FORBIDDEN = "forbidden"  # a name that a network may refuse, refused by its DNS
    NOT_ASKED = "not_asked"  # a stranger cannot ask


IN_THE_WAY = frozenset({Way.INTERCEPTED, Way.ANSWERED_FOR, Way.REFUSED_BY_PROXY})
FREE = frozenset({Way.OPEN, Way.FORBIDDEN, Way.NOT_ASKED})
UNTRUSTED = frozenset({Failure.SSL_UNKNOWN_AUTHORITY, Failure.SSL_UNEXPECTED_ISSUER})
NO_SUCH_NAME = frozenset({Failure.DNS_NXDOMAIN, Failure.DNS_NO_ANSWER})
SOMEBODY_ELSES_PAGE = frozenset(
    {Failure.HTTP_UNEXPECTED_REDIRECT, Failure.HTTP_BODY_MISMATCH, Failure.HTTP_511}
)
PROXY_SAYS_NO = frozenset({Failure.PROXY_AUTH_REQUIRED, Failure.PROXY_CONNECT_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One host at one port over one family, and what was found."""

    entry: Entry
    port: int
    family: Family
    way: Way
    said: str
    address: str = ""
    failure: Failure | None = None
    issuer: str = ""  # who vouches for it in its owner's place
    answer: str = ""  # what is not as the catalogue expects, although the way is open
    root: str = ""  # which root vouches for it, where it proved itself: public or apple
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question of a survey."""

    entry: Entry
    port: int
    family: Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was asked of a network, and what it let out."""

    groups: tuple[str, ...]
    rows: tuple[Row, ...]
    others: tuple[tuple[str, bool], ...] = ()  # hosts that are not Apple's: name, reached
    proxy: str = ""  # through which it was asked; empty: directly
    proxy_variables: tuple[str, ...] = ()  # what this machine's environment names, not used

    @property
    def reaches_others(self) -> bool:
        """Somebody who is not Apple is reached: what is closed is closed for Apple."""
        return any(reached for _, reached in self.others)

    def with_way(self, *ways: Way) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.way in ways)

    @property
    def missing(self) -> tuple[Row, ...]:
        """What is not let out and is needed."""
        return tuple(row for row in self.rows if row.way not in FREE and not self._spare(row))

    def _spare(self, row: Row) -> bool:
        """Another port of it is open, and one is enough."""
        return row.entry.any_port and any(
            other.entry is row.entry and other.family is row.family and other.way is Way.OPEN
            for other in self.rows
        )


def read(
    ask: Ask, finding: Finding, targets: Targets, *, root: str = "", proxied: bool = False
) -> Row:
    """What one finding says about the network."""
    entry, failure = ask.entry, failure_of(finding)
    stranger = signed_by_a_stranger(finding)
    address = finding.address.rpartition(":")[0].strip("[]")
    expected = (*targets.apple_networks, *targets.known_networks)
    row = row_of(
        ask,
        Way.OPEN,
        finding.said,
        address=finding.address,
        failure=failure,
        issuer=stranger,
        seconds=sum(step.seconds for step in finding.steps),
    )
    if stranger:
        said = f"{stranger} signs for it: connections are opened and read on the way"
        return replace(row, way=Way.INTERCEPTED, said=said)
    if failure in PROXY_SAYS_NO:
        return replace(row, way=Way.REFUSED_BY_PROXY)
    if not finding.passed and fell_at(finding) is Step.RESOLVE:
        if failure in NO_SUCH_NAME and entry.policy:
            return replace(row, way=Way.FORBIDDEN)
        if failure is Failure.DNS_NO_ANSWER and ask.family is Family.IPV6:
            return replace(row, way=Way.NOT_ASKED, said=f"{entry.host} has no IPv6 address")
        return replace(row, way=Way.NO_NAME)
    if not proxied and address and not proved(finding) and is_bogon(address, expected=expected):
        said = f"its name is led to {address}, where no public host is"
        return replace(row, way=Way.ANSWERED_FOR, said=said)
    if ask.port == HTTP_PORT and failure in SOMEBODY_ELSES_PAGE:
        return replace(row, way=Way.ANSWERED_FOR)
    if not proved(finding):
        return replace(row, way=Way.CLOSED)
    wrong = [] if finding.passed else [finding.said]
    if root and entry.pki in {APPLE, PUBLIC} and root != entry.pki:
        wrong.append(f"vouched for by the {root} roots, where {entry.pki} was expected")
    return replace(row, root=root, answer="; ".join(wrong))


def row_of(ask: Ask, way: Way, said: str, **more: object) -> Row:
    return Row(entry=ask.entry, port=ask.port, family=ask.family, way=way, said=said, **more)  # type: ignore[arg-type]


def failure_of(finding: Finding) -> Failure | None:
    return finding.failed.failure if finding.failed else None


def fell_at(finding: Finding) -> Step | None:
    return finding.failed.step if finding.failed else None


def proved(finding: Finding) -> bool:
    """The far end was reached and showed who it is, whatever it then said. In plain text only a
    right answer shows that."""
    if finding.passed:
        return True
    passed = {step.step for step in finding.steps if step.failure is None}
    return Step.HANDSHAKE in passed or (
        failure_of(finding) in {Failure.HTTP_5XX, Failure.RATE_LIMITED}
    )


def signed_by_a_stranger(finding: Finding) -> str:
    """Who vouches for it though no public list knows them and they are not Apple; else empty."""
    facts = [fact for fact in finding.facts if isinstance(fact, CertificateFact)]
    return next(
        (
            fact.issuer
            for fact in facts
            if fact.issuer
            and not fact.by_own_roots
            and not fact.logged
            and not fact.calls_itself_apple
            and (finding.passed or failure_of(finding) in UNTRUSTED or proved(finding))
        ),
        "",
    )
