"""What the commands share: exit codes, the settings, what standard output can show."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.app import Setup
    from probe.outlets.terminal import Paper
    from probe.outlets.webhook import Hook
    from probe.settings import Settings

FAILED, USAGE = 1, 2
INTERRUPTED = 130  # by Ctrl-C, as a shell says it
CHECK_SECONDS = 12.0  # a sweep with every silent timeout, and one round of confirmation


def load(path: Path | None, *, listen: str | None = None) -> Settings:
    """The settings. Raises SettingsError, one line per mistake."""
    from probe.settings import Settings

    switches = {"web.listen": ("--listen", listen)} if listen else {}
    return Settings.load(path, os.environ, switches=switches)


def setup_of(settings: Settings) -> Setup:
    from probe.app import Setup

    return Setup(
        site=settings.site,
        targets=settings.targets(),
        plans=settings.plans(),
        public_roots=Path(settings.trust.public_roots) if settings.trust.public_roots else None,
        apple_roots=Path(settings.trust.apple_roots) if settings.trust.apple_roots else None,
        signal_roots=Path(settings.trust.signal_roots) if settings.trust.signal_roots else None,
        source=settings.network.source or None,
        proxy=settings.proxy(),
        where=settings.where,
    )


def hook_of(settings: Settings) -> Hook | None:
    """Whom to tell, or None."""
    if not settings.notify.webhook:
        return None
    from probe.outlets.webhook import Hook, key_of
    from probe.words import Impact

    return Hook(
        url=settings.notify.webhook,
        secret=key_of(settings.notify.secret),
        least_impact=Impact(settings.notify.least_impact),
    )


def paper() -> Paper:
    """What standard output can show."""
    import shutil

    from probe.outlets.terminal import Paper, wants_colour

    return Paper(
        width=shutil.get_terminal_size().columns,
        colour=wants_colour(os.environ, is_terminal=sys.stdout.isatty()),
    )


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
