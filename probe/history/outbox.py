"""The webhook's queue on disk: what was not delivered is delivered after a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from probe.history import questions
from probe.history.keeper import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message that waits; the shape that probe/outlets/webhook.py works on."""

    row: int
    id: str
    at: float
    turn: Mapping[str, Any]


class Outbox:
    """Falls back on memory while the disk does not take it: the message matters more."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._spare: list[Message] = []
        self._gone: set[int] = set()  # delivered, and the disk would not forget them

    async def put(self, id: str, at: float, turn: Mapping[str, Any]) -> None:
        kept = await self._history.change(
            lambda store: store.put_message(id, at, json.dumps(turn, ensure_ascii=False))
        )
        if not kept:
            self._spare.append(Message(row=-1 - len(self._spare), id=id, at=at, turn=turn))

    async def waiting(self) -> Sequence[Message]:
        rows = await self._history.ask(questions.messages) or []
        kept = [
            Message(row=row["id"], id=row["message"], at=row["at"], turn=json.loads(row["turn"]))
            for row in rows
            if row["id"] not in self._gone
        ]
        return sorted((*kept, *self._spare), key=lambda message: message.at)

    async def drop(self, rows: Sequence[int]) -> None:
        self._spare = [message for message in self._spare if message.row not in rows]
        if not await self._history.change(lambda store: store.drop_messages(rows)):
            self._gone.update(rows)  # or a disk that is full would have each sent again and again
