"""What was told, as an Atom feed (RFC 4287) for readers and chat rooms."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from probe.outlets.printable import printable

FEED_SECONDS, MOST_ENTRIES = 30 * 86_400.0, 50  # a reader that was off for a month misses nothing
TYPE = "application/atom+xml; charset=utf-8"


def feed(turns: Iterable[Mapping[str, Any]], *, site: str, at: str, base: str) -> str:
    """Turns, newest first, as `told` gives them. `at`: now, for a feed without entries."""
    rows = list(turns)
    here = quoteattr(base)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<title>{text(f'isitme {site}: is it me, or is it Apple?')}</title>",
        f"<id>{name_of(site)}</id>",
        f"<updated>{rows[0]['at'] if rows else at}</updated>",
        "<author><name>isitme</name></author>",
        f'<link rel="alternate" href={here}/>',
        f'<link rel="self" href={quoteattr(f"{base}feed.atom")}/>',
    ]
    for row in rows:
        about = f"blame {row['blame']}, {row['code']}/{row['cause'] or 'no cause'}"
        more = f"impact {row['impact']}, certainty {row['certainty']}"
        lines += [
            "<entry>",
            f"<title>{text(row['headline'])}</title>",
            f"<id>{name_of(site, row['id'], row['at'])}</id>",
            f"<updated>{row['at']}</updated>",
            f'<link rel="alternate" href={here}/>',
            f"<category term={quoteattr(row['blame'])}/>",
            f'<content type="text">{text(f"{about}, {more}")}</content>',
            "</entry>",
        ]
    return "\n".join([*lines, "</feed>", ""])


def name_of(site: str, *parts: object) -> str:
    """The same for the same thing, for ever: what RFC 4287 4.2.6 wants of an id."""
    return uuid.uuid5(uuid.NAMESPACE_OID, "/".join(("isitme", site, *map(str, parts)))).urn


def text(said: str) -> str:
    return escape(printable(said))
