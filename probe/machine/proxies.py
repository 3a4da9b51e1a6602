"""The proxy that programs here are told to use. Looks go direct; this is only to say so."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
SHOWN_CHARACTERS = 200


def proxy_variables(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The proxy variables that are set, by their own names, without user names and passwords."""
    return MappingProxyType(
        {
            name: _masked(name, value)
            for name, value in sorted(environment.items())
            if name.lower() in NAMES and value
        }
    )


def _masked(name: str, value: str) -> str:
    if name.lower() == "no_proxy":
        return value[:SHOWN_CHARACTERS]
    try:
        parts = urlsplit(value if "://" in value else f"//{value}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "***"
    shown = f"[{host}]" if ":" in host else host
    scheme = f"{parts.scheme}://" if parts.scheme else ""
    secret = "***@" if "@" in parts.netloc else ""
    return f"{scheme}{secret}{shown}{f':{port}' if port else ''}"[:SHOWN_CHARACTERS]
