"""What one resolver says about one name: one here over UDP and TCP, one elsewhere over HTTPS.

An answer is kept as a fact whatever it says; what is no address fails the attempt.
"""

from __future__ import annotations

from collections.abc import Sequence

from probe.attempt import Attempt
from probe.failures import LookFailed
from probe.model import AnswerFact, Finding
from probe.targets import Reference
from probe.tools import Tools
from probe.tools.resolve import about
from probe.trust import Use
from probe.wire import dns as dns_wire
from probe.wire.addresses import STUBS
from probe.wire.dns import Answer
from probe.words import Failure, Family, Speed, Step

SHOTS = 2  # at 5 % loss each way one shot fails 9.8 %, two 1 %
ASK_SECONDS = 4.2  # two shots of 2 s each, as ChromeOS and shill wait
DOH_SECONDS = 4.0
# The step's own bound cannot say at what it waited: connecting, or the answer.
MARGIN_SECONDS = 0.2
DOH_BYTES = 64 * 1024
RECORD_TYPE = {Family.IPV4: "A", Family.IPV6: "AAAA"}


def operator_of(resolver: str, resolvers: Sequence[str]) -> str:
    """Who is asked, as findings call it. A stub that stands last was followed to those before it:
    applications hear the stub alone (probe/machine/resolv_conf.py)."""
    followed = resolver in STUBS and not STUBS.issuperset(resolvers[: resolvers.index(resolver)])
    return f"stub {resolver}" if followed else f"resolver {resolver}"


async def ask_each(
    tools: Tools, resolver: str, operator: str, name: str, group: str, family: Family
) -> Finding:
    """What one resolver here says about a name."""
    attempt = Attempt(tools.clock, target=f"{resolver} {name}", operator=operator, group=group)
    attempt.address = resolver
    with attempt:
        async with attempt.step(Step.EXCHANGE, within_seconds=ASK_SECONDS):
            answer = await ask_patiently(tools, resolver, name, family)
        learn(attempt, resolver, name, answer, over_https=False)
    return attempt.finding()


async def ask_patiently(tools: Tools, resolver: str, name: str, family: Family) -> Answer:
    """UDP loses datagrams: ask again before calling a resolver silent. Raises LookFailed."""
    for shot in range(SHOTS):
        try:
            return await tools.answer(resolver, name, family)
        except LookFailed as failed:
            if failed.speed is Speed.ACTIVE or shot == SHOTS - 1:
                # The resolver is what is asked here; its own step is the exchange.
                raise LookFailed(
                    failed.failure, failed.speed, failed.detail, step=Step.EXCHANGE
                ) from failed
    raise AssertionError("the last shot returns or raises")


def learn(attempt: Attempt, resolver: str, name: str, answer: Answer, *, over_https: bool) -> None:
    """Keep the answer as a fact, good or bad; then fail the attempt when it is no answer."""
    attempt.learn(
        AnswerFact(
            resolver=resolver,
            name=name,
            addresses=answer.addresses,
            rcode=answer.rcode,
            over_https=over_https,
            extended_error=answer.extended_error,
        )
    )
    with attempt.reading():
        failure = dns_wire.failure_of_answer(answer)
        if failure is not None:
            raise LookFailed(failure, Speed.ACTIVE, about(resolver, name, answer, failure))
        # Of an answer, too: of a false one it may say that it is, or why.
        gave = ", ".join(answer.addresses[:3])
        attempt.said = f"{resolver} answered {gave} to {name}{dns_wire.reason_given(answer)}"


def with_doh(references: Sequence[Reference], family: Family) -> list[Reference]:
    """Those that answer DNS over HTTPS at an address of this family."""
    return [one for one in references if one.doh and literal_of(one, family)]


def literal_of(reference: Reference, family: Family) -> str:
    return reference.host if family is Family.IPV4 else reference.host_v6


async def ask_elsewhere(
    tools: Tools, reference: Reference, name: str, family: Family, *, of: Family | None = None
) -> Finding:
    """What a resolver elsewhere says about a name of Apple's, over verified HTTPS.

    `family` leads there; `of` is whose addresses are asked for, where that is another.
    """
    attempt = Attempt(
        tools.clock,
        target=f"{reference.name} {name}",
        operator=reference.operator,
        family=family,
        group="apple",
    )
    attempt.address = literal_of(reference, family)
    with attempt:
        async with attempt.step(Step.EXCHANGE, within_seconds=DOH_SECONDS):
            opinion = await over_https(
                tools,
                reference,
                name,
                RECORD_TYPE[of or family],
                family,
                within_seconds=DOH_SECONDS - MARGIN_SECONDS,
            )
        learn(attempt, reference.name, name, opinion, over_https=True)
    return attempt.finding()


async def over_https(
    tools: Tools,
    reference: Reference,
    name: str,
    record_type: str,
    family: Family,
    *,
    within_seconds: float,
) -> Answer:
    """One question over RFC 8484, to a literal address of `family`.

    Raises what the HTTP client raises, and LookFailed at Step.CONTENT for an answer that is none.
    """
    literal = literal_of(reference, family)
    # RFC 8484 4.1: id 0, so that caches can serve the answer.
    query = dns_wire.query(name, record_type, 0)
    answer = await tools.http.fetch(
        method="POST",
        address=literal,
        host=literal,
        port=reference.port,
        path=reference.doh,
        use=Use.DOH,
        headers=(
            ("content-type", "application/dns-message"),
            ("accept", "application/dns-message"),
        ),
        body=query,
        http2=True,
        max_bytes=DOH_BYTES,
        within_seconds=within_seconds,
    )
    if answer.status != 200:
        raise LookFailed(
            Failure.HTTP_5XX if answer.status >= 500 else Failure.HTTP_UNEXPECTED_STATUS,
            Speed.ACTIVE,
            f"got {answer.status}, want 200",
            step=Step.CONTENT,
        )
    tools.keep("dns over https", f"{reference.name} {name}", answer.body)
    try:
        return dns_wire.read(answer.body, query)
    except LookFailed as failed:
        raise LookFailed(failed.failure, failed.speed, failed.detail, step=Step.CONTENT) from failed
