"""Nothing a server says may reach a terminal as a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.outlets.printable import printable

HOSTILE = {
    "plain text stays": ("All good.", "All good."),
    "accents and other scripts stay": ("Zürich 東京 ✓", "Zürich 東京 ✓"),
    "a colour goes": ("\x1b[31mred\x1b[0m", "red"),
    "a window title goes": ("a\x1b]0;owned\x07b", "ab"),
    "a clipboard write goes (OSC 52)": ("a\x1b]52;c;cm0gLXJm\x1b\\b", "ab"),
    "a link goes, its text stays (OSC 8)": (
        "\x1b]8;;http://evil.example/\x1b\\Apple\x1b]8;;\x1b\\",
        "Apple",
    ),
    "an unfinished title does not swallow the sentence": ("a\x1b]0;rest of it", "a0;rest of it"),
    "eight-bit CSI goes": ("a\x9b2Jb", "ab"),
    "eight-bit OSC goes": ("a\x9d0;x\x9cb", "ab"),
    "a device control string goes": ("a\x1bPq#0\x1b\\b", "ab"),
    "a full reset goes": ("a\x1bcb", "ab"),
    "a character set switch goes": ("a\x1b(0b", "ab"),
    "a backspace goes": ("safe\x08\x08evil", "safeevil"),
    "a new line becomes a space": ("one\r\ntwo", "one two"),
    "a line separator becomes a space": ("one\u2028two", "one two"),
    "a right-to-left override goes": ("user\u202egnp.exe", "usergnp.exe"),
    "an isolate goes": ("a\u2066b\u2069c", "abc"),
    "a zero-width space goes": ("ap\u200bple", "apple"),
    "a null goes": ("a\0b", "ab"),
    "a lone surrogate goes": ("a\ud800b", "ab"),
}


@pytest.mark.parametrize(("text", "expected"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_made_harmless(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_a_flood_is_cut_and_says_so() -> None:
    assert printable("x" * 10_000, most=10) == "x" * 9 + "…"


@given(st.text(alphabet=st.characters(codec=None)))
def test_whatever_comes_one_printable_line_goes_out(text: str) -> None:
    line = printable(text)

    assert line.isprintable()
    assert printable(line) == line
