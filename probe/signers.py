"""Who vouches for a host, when it is nobody whom the public lists of roots know."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from probe.attempt import Attempt
from probe.model import CertificateFact
from probe.tools import Stream, Tools
from probe.trust import Use
from probe.wire import certificate as certificate_words
from probe.words import Step

Dial = Callable[[], Awaitable[Stream]]  # one more connection to the same far end


def unusual_signer(tools: Tools, stream: Stream) -> CertificateFact | None:
    """Who vouches for a host that proved itself by a root that no public list has: somebody put it
    into this machine's store. None when a public root vouches, or that cannot be said."""
    root, leaf = stream.trusted_root, stream.peer_certificate
    if root is None or leaf is None or tools.trust.is_public(root):
        return None
    return fact_of(leaf, verified=True, by_own_roots=False)


async def who_signed(
    tools: Tools, use: Use, name: str, dial: Dial, within_seconds: float
) -> CertificateFact:
    """Look again, to name who re-signed, and to see whether programs here would believe it, or
    Apple itself signed it for another host. On suspicion only."""
    trust = tools.trust
    contexts = (trust.unverified(use), trust.second_opinion(use), trust.but_for_names(use))
    leaf, believed, own = await asyncio.gather(
        *(_leaf(tools, context, name, dial, within_seconds) for context in contexts)
    )
    tools.keep("certificate not trusted", name, leaf or b"")
    return fact_of(leaf or b"", verified=bool(believed), by_own_roots=bool(own))


def fact_of(leaf: bytes, *, verified: bool, by_own_roots: bool) -> CertificateFact:
    issuer, logged, apples = certificate_words.who_signed(leaf)
    return CertificateFact(
        issuer=issuer,
        verified=verified,
        by_own_roots=by_own_roots,
        logged=logged,
        calls_itself_apple=apples,
    )


async def _leaf(
    tools: Tools,
    context: ssl.SSLContext | None,
    name: str,
    dial: Dial,
    within_seconds: float,
) -> bytes | None:
    """The certificate that is shown, if this context takes it."""
    if context is None:
        return None
    attempt = Attempt(tools.clock, target=name, operator="")
    with attempt:
        async with attempt.step(Step.HANDSHAKE, within_seconds=within_seconds):
            stream = await dial()
            try:
                await stream.handshake(context, name)
                return stream.peer_certificate
            finally:
                stream.close()
    return None
