"""Attempts that go the same way at once: what one of them hears, the others need not await.

A router that has lost its line says so by ICMP (network unreachable), at once, and once a second at
most to one host (icmp_ratelimit). One attempt of several hears it; the others would wait for five
seconds to learn nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from probe.failures import TurnedAway
from probe.machine import Network
from probe.words import Family

# A SYN goes out at 0, 1 and 2 s (tcp_syn_linear_timeouts, measured): three are lost by then, where
# the router itself has said why. As long as one that waits alone is a symptom (probe/attention.py).
SHUT_SECONDS = 2.5


class Company:
    """Connections of one look over one family."""

    def __init__(self, network: Network, family: Family) -> None:
        self._routers = {route.gateway for route in network.default_routes(family)}
        self._waiting: dict[asyncio.Timeout, float] = {}
        self._shut = False

    @contextmanager
    def waits(self, bound: asyncio.Timeout) -> Iterator[None]:
        """One of them waits, no longer than `bound`; sooner when the router says it waits in vain.

        Raises TimeoutError by `bound`.
        """
        self._waiting[bound] = asyncio.get_running_loop().time()
        if self._shut:
            self._hurry(bound)
        try:
            yield
        except TurnedAway as refusal:
            if refusal.no_way and refusal.offender in self._routers:
                self._shut = True
                for other in self._waiting:
                    self._hurry(other)
            raise
        finally:
            del self._waiting[bound]

    def _hurry(self, bound: asyncio.Timeout) -> None:
        until, now = self._waiting[bound] + SHUT_SECONDS, asyncio.get_running_loop().time()
        usual = bound.when()
        if not bound.expired() and usual is not None and until < usual:
            bound.reschedule(max(until, now))
