"""What every answer of the API shares: its ETag, and which form its reader likes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

JSON, TEXT = "application/json", "text/plain; charset=utf-8"


def told_as_json(request: Request, value: Any) -> Response:
    return tagged(request, json.dumps(value, ensure_ascii=False).encode(errors="replace"), JSON)


def tagged(request: Request, body: bytes, content_type: str, **more: str) -> Response:
    """An answer with an ETag of its content; 304 for those who have it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "no-cache", "vary": "accept", **more}
    known = request.headers.get("if-none-match", "")
    if known == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers | {"content-type": content_type})


def prefers_text(accept: str) -> bool:
    """Whether an Accept header likes text/plain better than JSON (RFC 9110 12.5.1)."""
    quality: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            quality[kind] = float(weight)
        except ValueError:
            quality[kind] = 0.0
    rest = quality.get("*/*", 0.0)
    text = quality.get("text/plain", quality.get("text/*", rest))
    return text > quality.get("application/json", quality.get("application/*", rest))
