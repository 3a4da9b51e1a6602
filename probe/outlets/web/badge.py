"""The answer as a small picture for other pages."""

from __future__ import annotations

from html import escape

from probe.model import Status
from probe.outlets.printable import printable
from probe.words import Blame

SAID = {
    Blame.NOBODY: "all is well",
    Blame.ME: "it is here",
    Blame.PROVIDER: "the provider",
    Blame.APPLE: "it is Apple",
    Blame.UNKNOWN: "cannot tell",
}
# White text on each reads at 4.5:1 or better (WCAG 2.2, 1.4.3).
COLOURS = {
    Blame.NOBODY: "#1a7f37",
    Blame.ME: "#b3261e",
    Blame.PROVIDER: "#9a4d00",
    Blame.APPLE: "#b3261e",
    Blame.UNKNOWN: "#59636e",
}
# The same width whatever it says: a page elsewhere that shows it can measure it, and nothing more.
LEFT, RIGHT, HEIGHT = 52, 92, 20


def badge(status: Status) -> str:
    """An SVG image that needs no font and no script of anybody's."""
    blame = status.verdict.blame
    said = SAID[blame] if status.ready else "looking"
    title = escape(printable(f"isitme {status.site}: {status.verdict.headline}"))
    width = LEFT + RIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" role="img">'
        f"<title>{title}</title>"
        f'<rect width="{width}" height="{HEIGHT}" rx="4" fill="#24292f"/>'
        f'<path d="M{LEFT} 0h{RIGHT - 4}a4 4 0 0 1 4 4v12a4 4 0 0 1 -4 4h-{RIGHT - 4}z" '
        f'fill="{COLOURS[blame]}"/>'
        '<g fill="#fff" font-family="sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{LEFT / 2:g}" y="14">isitme</text>'
        f'<text x="{LEFT + RIGHT / 2:g}" y="14">{said}</text></g></svg>\n'
    )
