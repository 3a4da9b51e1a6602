"""How the page's own port is locked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Not at all, by default."""

    tls: ssl.SSLContext | None = None
    users: Mapping[str, str] = field(default_factory=dict)  # name -> bcrypt hash
