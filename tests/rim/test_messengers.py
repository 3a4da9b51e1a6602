"""Other apps are asked as their own kind: public roots for most, Signal's own for Signal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from probe.clock import Chance, SystemClock
from probe.http import Http
from probe.machine.linux import LinuxMachine
from probe.probes.messengers import OtherApps
from probe.targets import MESSENGERS
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Failure
from tests.support.servers import HOST, Authority, http_answer, saying, tcp_server

pytestmark = pytest.mark.real


async def asked(trust: Trust, server: Authority) -> dict[str, Failure | None]:
    """What became of each app, all of them at one real server."""
    here = tuple(replace(messenger, host=HOST) for messenger in MESSENGERS)
    answer = saying(http_answer(b"", status="400 Bad Request"))
    async with tcp_server(answer, tls=server.server(HOST)) as port:
        tools = Tools(
            clock=SystemClock(),
            chance=Chance(1),
            machine=LinuxMachine(environment={}),
            trust=trust,
            http=Http(trust, {}, "isitme/test"),
            ports={443: port},
            user_agent="isitme/test",
        )
        found = await OtherApps(messengers=here).look(tools, ())
    return {one.target: one.failed.failure if one.failed else None for one in found}


async def test_any_answer_will_do_and_signal_is_believed_by_its_own_roots(tmp_path: Path) -> None:
    public, signal = Authority.make(tmp_path, "public"), Authority.make(tmp_path, "signal")
    trust = Trust(public_roots=public.root, signal_roots=signal.root)

    publicly, by_signal = await asked(trust, public), await asked(trust, signal)

    assert publicly == {
        "WhatsApp": None,
        "Telegram": None,
        "Signal": Failure.SSL_UNKNOWN_AUTHORITY,
    }
    assert by_signal["Signal"] is None
    assert by_signal["WhatsApp"] is Failure.SSL_UNKNOWN_AUTHORITY
