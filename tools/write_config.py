"""Writes config/isitme.toml from the code, so that the example never lags behind."""

from __future__ import annotations

from pathlib import Path

from probe.settings.written import documented

if __name__ == "__main__":
    there = Path(__file__).parent.parent / "config" / "isitme.toml"
    there.write_text(documented(), encoding="utf-8")
    print(f"wrote {there}")
