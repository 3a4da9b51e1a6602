"""The webhook against a real receiver: through an outage and a restart, nothing lost or doubled."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from probe.clock import Chance, Clock, SystemClock
from probe.history.keeper import History
from probe.history.outbox import Outbox
from probe.http import Http
from probe.machine.linux import LinuxMachine
from probe.model import Status, Turn
from probe.outlets import webhook as module
from probe.outlets.webhook import Hook, InMemory, Queue, Webhook, key_of, posting, signed
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Impact
from tests.support.servers import HOST, http_answer
from tests.support.statuses import AT, apple_outage, dns_block, healthy, link_down
from tests.support.time import FakeClock

pytestmark = pytest.mark.real
SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four").decode()


def at_the_time() -> FakeClock:
    """The story is as old as its turns say, on whatever day this runs."""
    real = SystemClock()
    began = real.elapsed()
    return FakeClock(AT, follow=lambda: real.elapsed() - began)


@dataclass
class Receiver:
    """A real web server that keeps what it was told; `status` is what it answers."""

    status: str = "204 No Content"
    port: int = 0
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")[1:]
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.heard.append((headers, body))
        writer.write(http_answer(b"", status=self.status))
        await writer.drain()
        writer.close()

    def turns(self) -> list[str]:
        """What was accepted: the code each message turned to."""
        return [json.loads(body)["turn"]["after"]["code"] for _, body in self.heard]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    one = Receiver()
    await one.up()
    yield one
    await one.down()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts a moment apart: the order is what is tested, not the pace."""
    monkeypatch.setattr(module, "FIRST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.05)


def tools() -> Tools:
    trust = Trust()
    return Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        user_agent="isitme/test",
    )


def turn(before: Status, after: Status, seconds: float) -> Turn:
    return Turn(at=AT + timedelta(seconds=seconds), before=before.verdict, after=after.verdict)


STORY = (
    turn(healthy(), dns_block(), 0),
    turn(dns_block(), link_down(), 10),
    turn(link_down(), apple_outage(), 20),
    turn(apple_outage(), healthy(), 30),
)
CODES = [one.after.code.value for one in STORY]


@asynccontextmanager
async def telling(
    receiver: Receiver, queue: Queue, clock: Clock | None = None, **more: Any
) -> AsyncIterator[Webhook]:
    hook = Hook(url=f"http://{HOST}:{receiver.port}/hook?x=1", secret=key_of(SECRET), **more)
    way = partial(posting, tools())
    one = Webhook(hook, queue, way, clock=clock or at_the_time(), site="home")
    running = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  # what another server has heard sets no event of ours
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("quick")
async def test_every_turn_is_told_once_in_order_and_signed(receiver: Receiver) -> None:
    async with telling(receiver, InMemory()) as webhook:
        for one in STORY:
            await webhook.hear(one)
        await until(lambda: len(receiver.heard) >= len(STORY))
        await asyncio.sleep(0.2)

    assert receiver.turns() == CODES
    for headers, body in receiver.heard:
        told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mark = hmac.new(b"a secret of twenty-four", told, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(mark).decode()}"
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == len(STORY)


@pytest.mark.usefixtures("quick")
async def test_what_is_told_during_an_outage_arrives_after_it(receiver: Receiver) -> None:
    async with telling(receiver, InMemory()) as webhook:
        await webhook.hear(STORY[0])
        await until(lambda: len(receiver.heard) == 1)
        await receiver.down()
        for one in STORY[1:3]:
            await webhook.hear(one)
        await until(lambda: bool(webhook.trouble))
        await receiver.up()
        await webhook.hear(STORY[3])
        await until(lambda: len(receiver.heard) >= len(STORY))
        await asyncio.sleep(0.2)

    assert receiver.turns() == CODES
    assert webhook.trouble == ""


@pytest.mark.usefixtures("quick")
async def test_a_receiver_that_refuses_is_asked_again_with_the_same_id(receiver: Receiver) -> None:
    receiver.status = "503 Service Unavailable"
    async with telling(receiver, InMemory()) as webhook:
        await webhook.hear(STORY[0])
        await until(lambda: len(receiver.heard) >= 3)
        receiver.status = "200 OK"
        refused = len(receiver.heard)
        await until(lambda: len(receiver.heard) > refused)
        await asyncio.sleep(0.2)

    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
    assert webhook.trouble == ""


@pytest.mark.usefixtures("quick")
async def test_what_was_not_delivered_is_delivered_after_a_restart(
    receiver: Receiver, tmp_path: Path
) -> None:
    await receiver.down()
    for stories in (STORY[:2], STORY[2:]):
        history = History(tmp_path / "h.db", clock=SystemClock(), most_bytes=10_000_000)
        await history.open()
        async with telling(receiver, Outbox(history)) as webhook:
            for one in stories:
                await webhook.hear(one)
            await until(lambda webhook=webhook: bool(webhook.trouble))  # type: ignore[misc]
        await history.close()
    history = History(tmp_path / "h.db", clock=SystemClock(), most_bytes=10_000_000)
    await history.open()
    await receiver.up()
    async with telling(receiver, Outbox(history)):
        await until(lambda: len(receiver.heard) >= len(STORY))
        await asyncio.sleep(0.2)
    await history.close()

    assert receiver.turns() == CODES


@pytest.mark.usefixtures("quick")
async def test_what_was_not_delivered_for_three_days_is_given_up(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    await receiver.down()
    clock = at_the_time()
    async with telling(receiver, InMemory(), clock) as webhook:
        await webhook.hear(STORY[0])
        await until(lambda: bool(webhook.trouble))
        assert "given up" not in caplog.text
        clock.advance(module.GIVE_UP_SECONDS)
        await until(lambda: "given up" in caplog.text)
        await receiver.up()
        await webhook.hear(STORY[1])
        await until(lambda: bool(receiver.heard))

    assert module.GIVE_UP_SECONDS == 3 * 24 * 3600.0
    assert receiver.turns() == CODES[1:2]


@pytest.mark.usefixtures("quick")
async def test_too_many_turns_are_told_together(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AN_HOUR", 2)
    await receiver.down()
    queue = InMemory()
    async with telling(receiver, queue) as webhook:
        for one in STORY:
            await webhook.hear(one)
        await until(lambda: bool(webhook.trouble))
        await receiver.up()
        await until(lambda: bool(receiver.heard))
        await asyncio.sleep(0.2)

    (message,) = (json.loads(body) for _, body in receiver.heard)
    assert message["turn"]["after"]["code"] == CODES[-1]
    assert [one["after"]["code"] for one in message["meanwhile"]] == CODES[:-1]


@pytest.mark.usefixtures("quick")
async def test_only_what_a_person_would_notice_is_told(receiver: Receiver) -> None:
    mild = replace(dns_block(), verdict=replace(dns_block().verdict, impact=Impact.LOW))
    async with telling(receiver, InMemory(), least_impact=Impact.FULL) as webhook:
        await webhook.hear(turn(healthy(), mild, 0))
        await webhook.hear(turn(mild, healthy(), 10))
        await webhook.hear(turn(healthy(), link_down(), 20))
        await webhook.hear(turn(link_down(), mild, 30))
        await webhook.hear(turn(mild, healthy(), 40))
        await until(lambda: len(receiver.heard) >= 2)
        await asyncio.sleep(0.2)

    assert receiver.turns() == ["local_link", "dns"]


@pytest.mark.usefixtures("quick")
async def test_a_hook_that_changes_takes_what_waits_and_one_that_goes_leaves_it(
    receiver: Receiver,
) -> None:
    other = Receiver()
    await other.up()
    await receiver.down()
    async with telling(receiver, InMemory()) as webhook:
        await webhook.hear(STORY[0])
        await until(lambda: bool(webhook.trouble))
        webhook.take(None, site="home")
        await webhook.hear(STORY[1])  # nobody is to be told, and nobody is told later
        webhook.take(Hook(url=f"http://{HOST}:{other.port}/"), site="office")
        await webhook.hear(STORY[2])
        await until(lambda: len(other.heard) >= 2)
        await asyncio.sleep(0.2)
    await other.down()
    await receiver.up()

    assert other.turns() == [CODES[0], CODES[2]]
    assert json.loads(other.heard[-1][1])["site"] == "office"
    assert receiver.heard == []


def test_a_message_without_a_secret_carries_no_signature() -> None:
    assert "webhook-signature" not in dict(signed(b"", "msg_1", 1, b"{}"))


def test_a_secret_that_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        key_of("whsec_not base64!")


async def test_a_disk_that_forgets_nothing_has_no_message_sent_twice(tmp_path: Path) -> None:
    history = History(tmp_path / "h.db", clock=SystemClock(), most_bytes=10_000_000)
    await history.open()
    outbox = Outbox(history)
    await outbox.put("msg_1", 1.0, {"at": "then"})
    assert history._store is not None
    history._store._database.execute("PRAGMA query_only = ON")  # as a disk turned read-only

    (message,) = await outbox.waiting()
    await outbox.drop([message.row])

    assert "readonly" in history.trouble
    assert await outbox.waiting() == []
    await history.close()
