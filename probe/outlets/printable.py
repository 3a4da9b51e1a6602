"""Text from the network, made safe to show on a terminal or on one line.

What a server says may carry escape sequences that move the cursor, rename the window or fill the
clipboard (OSC 52), and bidi controls that make a sentence read backwards ("Trojan Source",
CVE-2021-42574). None of it has a place in a sentence.
"""

from __future__ import annotations

import re
import unicodedata

# ECMA-48: CSI; then the strings OSC, DCS, SOS, PM, APC with their terminators (ST, or BEL as xterm
# takes it); then the two-character escapes. Unfinished strings lose their introducer only, so that
# a lone introducer cannot swallow the sentence.
ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
# Control, format (bidi and zero-width live there), surrogate, private use, unassigned, line and
# paragraph separators.
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
MOST_CHARACTERS = 2000  # longer than any sentence of ours; keeps one answer from filling a screen


def printable(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text on one line, without escape sequences, controls and invisible characters."""
    # Nearly everything is plain already: nothing hidden, one space at a time.
    if len(text) <= most and text.isprintable() and "  " not in text and text == text.strip():
        return text
    text = ESCAPES.sub("", text[: 8 * most])
    seen = (" " if c in "\t\n\r\v\f\x85\u2028\u2029" else c for c in text)
    line = "".join(c for c in seen if unicodedata.category(c) not in HIDDEN)
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"
