"""`isitme record` in a healthy world: raw answers of every kind, and nothing of this network."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from probe import app
from probe.drill.layout import GATEWAY
from probe.drill.world import World
from probe.record import Recorder, what_to_hide
from probe.staging import setup_of
from probe.words import Code, Look


@pytest.mark.real
async def test_a_recording_holds_raw_answers_and_hides_this_network(tmp_path: Path) -> None:
    async with World() as world:
        setup = setup_of(world, "healthy")
        recorder = Recorder(hidden=what_to_hide(setup.machine))
        status = await app.check(setup, [recorder], within_seconds=10, tap=recorder.tap)

    observations, answers = recorder.write(tmp_path / "out")

    assert status.verdict.code is Code.OK
    assert recorder.left_over() == []
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    kinds = {row["kind"] for row in rows[1:]}
    assert {"feed", "http", "http2", "certificate", "datagram", "dns over https"} <= kinds
    assert rows[0] == {"isitme_record": 1, "rows": len(rows) - 1}
    feed = next(row for row in rows[1:] if row["kind"] == "feed")
    assert b"serviceName" in base64.b64decode(feed["base64"])
    looks = {json.loads(line).get("look") for line in observations.read_text().splitlines()[1:]}
    assert {Look.PUSH_5223, Look.STATUS, Look.NTP, Look.APPLE_WEB} <= looks
    for path in (observations, answers):
        assert GATEWAY not in path.read_text()
