"""How many troubles began while this process looked, and how long Apple took to say so itself.

The same cut as the history makes: a turn away from "all is well" begins an incident, and so does a
turn to another trouble; Apple suspected that becomes Apple acknowledged goes on.
"""

from __future__ import annotations

from datetime import datetime

from probe.model import Remembered, Turn, Verdict
from probe.verdict.settle import is_one_incident
from probe.words import Blame, Cause, Code


class Incidents:
    """Follows the turns. `lag_seconds` is of the last incident in which both were told: Apple's
    word minus our first suspicion, negative where Apple spoke first; None before there was one."""

    def __init__(self, remembered: Remembered) -> None:
        self.lag_seconds = remembered.apple_lag_seconds
        self._suspected: datetime | None = None
        self._acknowledged: datetime | None = None
        if remembered.told is not None and remembered.told.code is Code.APPLE_SUSPECTED:
            self._suspected = remembered.since  # a restart ends no incident

    def begins(self, turn: Turn) -> bool:
        """Take in a turn, and say whether a new incident begins with it."""
        goes_on = is_one_incident(turn) and turn.before.blame is not Blame.NOBODY
        if not goes_on:
            self._suspected = self._acknowledged = None
        self._date(turn.after, turn.at)
        if self._suspected is not None and self._acknowledged is not None:
            self.lag_seconds = (self._acknowledged - self._suspected).total_seconds()
        return turn.after.blame is not Blame.NOBODY and not goes_on

    def _date(self, told: Verdict, at: datetime) -> None:
        if told.code is Code.APPLE_SUSPECTED or told.cause is Cause.CONFIRMED_BY_PROBES:
            self._suspected = self._suspected or at
        if told.code is Code.APPLE_ACKNOWLEDGED:
            self._acknowledged = self._acknowledged or at
