"""What isitme passes from stage to stage: plain frozen data, standard library only.

look -> Finding -> Observation -> Reading (one per Signal) -> Verdict -> Turn
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from probe.words import (
    Blame,
    Cause,
    Certainty,
    Code,
    Failure,
    Family,
    Impact,
    Look,
    Nearby,
    Note,
    Sign,
    Signal,
    Speed,
    Step,
    sign_of,
)

# ---------------------------------------------------------------- facts: what a look can learn


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFact:
    """Where this host stands on its network, from the kernel's tables."""

    default_interfaces: tuple[str, ...]  # interfaces that carry a default route
    carrier: bool | None  # any usable interface has carrier; None: could not be read
    addresses: tuple[str, ...]  # usable addresses, no loopback, no 169.254/16, no fe80::/10
    gateways: tuple[str, ...]  # next hops, and what else of IPv6 is the same machine
    has_default_route: Mapping[Family, bool]
    fingerprint: str  # changes when the network does: the epoch's name
    place: str = ""  # the same without the resolvers
    resolvers: tuple[str, ...] = ()  # empty while the file that names them is written anew, too
    networks: tuple[str, ...] = ()  # this host's own, as address/prefix: who is near
    vpn: str = ""  # the link of a VPN that everything is routed into
    contained: bool = False  # in a container: link and first hop are its engine's, nobody's router


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetFact:
    """Where true time lies against this host's clock: between low and high seconds.

    Positive means that this host is behind. Bounds as in RFC 5905 root distance for NTP, as
    RFC 9110 6.6.1 one-second Date for HTTPS.
    """

    source: str  # one independent source: an NTP operator, or the operator behind a Date
    low_seconds: float
    high_seconds: float
    authenticated: bool  # came inside verified TLS
    # Came inside TLS whose chain and name are right and whose date is not, by this clock: a hint.
    hint: bool = False
    # What tells one time server from another, however many addresses it answers at; "": unknown.
    machine: str = ""
    # The wall clock minus the clock that counts suspend, when they were compared: a clock that was
    # set since shows itself by another difference. None: not kept.
    steady: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFact:
    """What one resolver said about one name."""

    resolver: str
    name: str
    addresses: tuple[str, ...]
    rcode: str
    over_https: bool = False  # a second opinion, not the configured resolver
    extended_error: int | None = None  # RFC 8914


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeFact:
    """What a resolver that is silent about names shows of itself."""

    resolver: str
    answers_itself: bool  # a question that it needs nobody else for
    names_over_tcp: bool  # TCP brings the answers that UDP does not
    tcp_open: bool | None  # None: TCP is silent too


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFact:
    """Who vouched for the far end."""

    issuer: str  # empty when it could not be read
    verified: bool  # programs here believe it: by the system's store, or by the roots that were set
    by_own_roots: bool  # also by the root set isitme brings, not only by the system's store
    logged: bool = False  # carries proofs of public logging (RFC 6962), as public authorities' do
    calls_itself_apple: bool = False  # the issuer's organisation is Apple's own, to the letter


@dataclass(frozen=True, slots=True, kw_only=True)
class GreetingFact:
    """Whether a large TLS greeting got through where a small one did, at the same address."""

    large_got_through: bool
    waited_seconds: float = 0.0  # in vain, for an answer to the large one


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEventFact:
    """One event of one service in Apple's status feed."""

    service: str
    message_id: str
    kind: str  # outage, issue, performance, maintenance, or "unknown"
    state: str  # ongoing, resolved, upcoming, completed, or "unknown"
    started_at: datetime | None
    ended_at: datetime | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFact:
    """One feed, read whole."""

    feed: str  # consumer, developer
    services: tuple[str, ...]
    events: tuple[FeedEventFact, ...]
    unknown_words: int
    age_seconds: float | None  # by the answer's own Date and Age; None when it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class NearbyFact:
    """What a differential test near this host showed about one failing Apple target."""

    target: str
    found: Nearby
    cause: Cause | None = None
    # Whoever takes the connection, or refuses it, stands where the address itself stands.
    at_the_end: bool = False
    # The word of a peer: since when it has been so there at the latest, as `Observation.ended`.
    seen_at: float | None = None
    # False: whether its port passes the machines next to us was not asked, or not answered, this
    # time. So it says nothing against a search before it that heard.
    heard: bool = True
    # It turned another name away, and was silent to its own: one front of Apple's whose servers are
    # down does that too. Only where several services do is it a filter.
    turned_away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """Who on the way spoke up about a packet that was to live so many hops."""

    hops: int
    address: str
    near: bool  # this host's router, or a neighbour on its network
    no_way: bool  # it knows no way there; False: it passes packets on, and this one had lived


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterFact:
    """How the router showed that it is alive, and who beyond it spoke up."""

    address: str
    answers: bool  # it answers itself; False: only the kernel's table of neighbours knows it
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAwayFact:
    """Who sent the ICMP error that ended a connection before it was one."""

    offender: str  # this host's own address: its own stack gave up, as when nobody answers ARP
    no_way: bool  # "unreachable"; False: "prohibited", or another word


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictFact:
    """Somebody else on the link claims this host's own address (RFC 5227)."""

    address: str
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatorFact:
    """The prefixes under which this network's NAT64 translates to IPv4 (RFC 6052); none: none."""

    prefixes: tuple[str, ...]


# The group of what is tried at an address that only resolvers elsewhere give.
ALTERNATE = "alternate"
# The group of what resolvers here say about Apple's own name over IPv6.
APPLE_IPV6 = "apple over ipv6"
# The group of what a network says of itself, beside the pages of operators far away.
OWN_WORD = "network"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalFact:
    """How a plain-HTTP page differed from what its operator always says; or the network's own word
    (PORTAL_API)."""

    kind: Cause  # PORTAL_REDIRECT, PORTAL_CONTENT ...
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonFact:
    """How this process itself is doing."""

    lag_seconds: float
    free_descriptors: int | None
    greeted_at: float | None = None  # when it last talked to itself, as `Observation.ended`


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFact:
    """A burst of small questions to one place, evenly apart, and how long each answer took."""

    hop: int  # 1: this network's router, 2: the first machine behind it, 0: a reference
    apart_seconds: float
    seconds: tuple[float | None, ...]  # None: it was not answered
    resent: tuple[int | None, ...] = ()  # packets sent again for each; None: the kernel hides it

    @property
    def answered(self) -> tuple[float, ...]:
        return tuple(seconds for seconds in self.seconds if seconds is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DialFact:
    """What the kernel says of a connection as it is made, however late this process hears of it."""

    resent: int  # how often its SYN was sent again before it was answered
    trip_seconds: float | None = None  # there and back; None: it has seen none it is sure of


Fact: TypeAlias = (
    NetworkFact
    | OffsetFact
    | AnswerFact
    | LifeFact
    | CertificateFact
    | GreetingFact
    | FeedFact
    | NearbyFact
    | RouterFact
    | TurnedAwayFact
    | ConflictFact
    | PortalFact
    | DaemonFact
    | LineFact
    | DialFact
    | TranslatorFact
)


# ---------------------------------------------------------------- looking


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """One step of an attempt: how long it took and, if it failed, how."""

    step: Step
    seconds: float
    failure: Failure | None = None
    speed: Speed | None = None  # set with failure
    detail: str = ""  # the error's own words, bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One attempt at one target over one family; what a look returns, one per attempt.

    A look returns as many as it has targets. `started` is on the clock that counts suspend.
    """

    target: str  # stable, bounded name, e.g. "cloudflare", "courier", "192.168.1.1"
    operator: str  # who runs it: failures of one operator are one failure
    family: Family = Family.NONE
    address: str = ""  # host:port really spoken to
    group: str = ""  # Apple service group, where there is one
    steps: tuple[StepTaken, ...] = ()
    facts: tuple[Fact, ...] = ()
    notes: tuple[tuple[Note, str], ...] = ()
    said: str = ""  # one sentence for a person
    started: float = 0.0
    ended: float = 0.0
    # Derived once: a judgement asks thousands of times.
    failed: StepTaken | None = field(init=False, repr=False, compare=False)  # the step that failed
    # The attempt went all the way. A finding without steps has shown nothing.
    passed: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        failed = next((step for step in self.steps if step.failure is not None), None)
        object.__setattr__(self, "failed", failed)
        object.__setattr__(self, "passed", bool(self.steps) and failed is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A finding, stamped: which look, in which network, when.

    `started` and `ended` are seconds on the clock that counts suspend (CLOCK_BOOTTIME): only ever
    compared with each other. `at` is a wall-clock label and is never subtracted.
    """

    look: Look
    finding: Finding
    epoch: int
    started: float
    ended: float
    at: datetime
    # What was derived from it alone (`once` in probe/verdict/seen.py).
    memo: dict[object, object] = field(
        init=False, repr=False, compare=False, hash=False, default_factory=dict
    )

    @property
    def examined_as(self) -> str:
        """What the search near us calls it: a courier is one target on each of its two ports."""
        target = self.finding.target
        return f"{target} on 443" if self.look is Look.PUSH_443 else target


# ---------------------------------------------------------------- judging


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where one signal stands, and the observations that say so."""

    signal: Signal
    value: StrEnum
    said: str = ""
    cause: Cause | None = None  # what the evidence suggests, where it suggests anything
    because: tuple[Observation, ...] = ()
    age_seconds: float | None = None
    # When the oldest part was seen of what this value needs, as `Observation.ended`: of all of it
    # nothing is known from before. Kept where other sites ask for it.
    oldest_at: float | None = None
    # Its checks never worked here in their first day (the contract): shown as unknown, and judged
    # as if nothing were wrong. Only where another signal proves what this one would.
    set_aside: bool = False

    @property
    def sign(self) -> Sign:
        return sign_of(self.signal, self.value)


Readings: TypeAlias = Mapping[Signal, Reading]  # always every signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One observation cited as a reason, in words."""

    look: Look
    target: str
    step: Step | None
    failure: Failure | None
    at: datetime
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """A further cause that explains what the first one cannot."""

    code: Code
    cause: Cause | None
    blame: Blame
    impact: Impact
    certainty: Certainty  # by itself: whatever else is wrong
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexplained:
    """A bad signal that no cause accounts for, in words."""

    signal: Signal
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSaid:
    code: Note
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleService:
    """One service a person cares about: can it be reached from here, and what does Apple say?"""

    name: str
    reachable: bool | None
    apple_says: str  # available, outage, issue, performance, maintenance, unknown
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer. Every outlet shows this one object."""

    blame: Blame
    code: Code
    cause: Cause | None
    impact: Impact
    certainty: Certainty
    headline: str
    because: tuple[Because, ...] = ()
    not_because: tuple[str, ...] = ()
    could_not_check: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    also: tuple[Also, ...] = ()  # surest first, then what is noticed most
    unexplained: tuple[Unexplained, ...] = ()  # nearest first
    notes: tuple[NoteSaid, ...] = ()
    services: tuple[AppleService, ...] = ()

    @property
    def told_as(self) -> tuple[Blame, Code, Cause | None]:
        """What makes two verdicts the same answer: when this changes, people are told."""
        return self.blame, self.code, self.cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The told verdict changed."""

    at: datetime
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that is known now; what every outlet shows. Immutable: one per judgement."""

    at: datetime
    site: str
    verdict: Verdict
    since: datetime
    readings: Readings
    apple_events: tuple[FeedEventFact, ...] = ()
    ready: bool = False  # the first sweep has been judged
    drill: str = ""  # the name of the staged fault, when this is a drill
    observations: tuple[Observation, ...] = ()  # newest of each (look, target, family)
    offsets: Mapping[str, OffsetFact] = field(default_factory=dict)  # by source
    schedule_lag_seconds: float = 0.0
    elapsed: float = 0.0  # the same moment as `at`, as `Observation.ended`

    def oldest_seconds(self, reading: Reading) -> float | None:
        """How long ago the oldest part was seen of what a reading needs; None: not kept."""
        oldest = reading.oldest_at
        return None if oldest is None else max(0.0, self.elapsed - oldest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One check over all runs of this installation; seconds before now."""

    look: Look
    target: str
    first_asked_seconds_ago: float
    ever_passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What an earlier run knew. History, never evidence: it says who may be a witness, and what was
    told last."""

    told: Verdict | None = None
    since: datetime | None = None
    asked: tuple[Asked, ...] = ()
    push_seen_seconds_ago: Mapping[str, float] = field(default_factory=dict)  # by network
    # Of the last incident that Apple acknowledged: its word minus our first suspicion.
    apple_lag_seconds: float | None = None


News: TypeAlias = Observation | Turn
