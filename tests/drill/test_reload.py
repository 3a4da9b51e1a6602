"""The real service in a healthy world takes other settings while it runs, and refuses bad ones."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from typing import Any

import httpx
import pytest

from probe import service
from probe.drill.world import World
from probe.model import Status
from probe.staging import HEALTHY, setup_of
from probe.words import Look
from tests.drill.service import free_port


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_other_settings_are_taken_and_bad_ones_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "at_a_terminal", lambda: False)
    ready, stop, port = asyncio.Event(), asyncio.Event(), free_port()
    settings: list[service.Reread | ValueError] = []

    def reread() -> service.Reread:
        given = settings.pop()
        if isinstance(given, ValueError):
            raise given
        return given

    def on_ready(status: Status) -> None:
        ready.set()

    async with World() as world, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as asking:
        setup = setup_of(world, HEALTHY)
        running = asyncio.create_task(
            service.run(
                setup, host="127.0.0.1", port=port, on_ready=on_ready, stop=stop, reread=reread
            )
        )
        async with asyncio.timeout(60):
            await ready.wait()

        async def said(path: str, host: str = "127.0.0.1") -> httpx.Response:
            return await asking.get(path, headers={"host": host})

        async def taken() -> tuple[str, str]:
            rate = "isitme_config_last_reload_successful "
            metrics = (await said("/metrics")).text
            line = next(one for one in metrics.splitlines() if one.startswith(rate))
            return (await said("/status")).json()["site"], line.removeprefix(rate)

        def other(site: str) -> service.Reread:
            plans = dict(setup.plans)
            del plans[Look.QUIC]
            return service.Reread(
                setup=replace(setup, site=site, plans=plans),
                allowed_hosts=["mini.example"],
                changed=["site"],
                waits_for_restart={"web.listen": "the port is opened once"},
            )

        assert (await said("/status", "mini.example")).status_code == 421
        settings.append(other("two"))
        answer: dict[str, Any] = (await asking.post("/-/reload")).json()
        assert answer["changed"] == ["site"]
        assert [one["key"] for one in answer["waits_for_restart"]] == ["web.listen"]
        assert await taken() == ("two", "1.0")
        assert (await said("/status", "mini.example")).status_code == 200
        rows = (await said("/api/v1/probes")).json()["probes"]
        assert "quic" not in {row["look"] for row in rows}
        assert (await said("/status")).json()["verdict"]["code"] == "ok"

        settings.append(ValueError("isitme.toml: site: wanted a name, found ''"))
        refused = await asking.post("/-/reload")
        assert refused.status_code == 422
        assert "isitme.toml: site:" in refused.json()["error"]["message"]
        assert await taken() == ("two", "0.0")

        settings.append(other("three"))
        os.kill(os.getpid(), signal.SIGHUP)
        async with asyncio.timeout(10):
            while await taken() != ("three", "1.0"):  # noqa: ASYNC110  # a signal has no answer
                await asyncio.sleep(0.05)

        stop.set()
        await running
