"""What the lab's own tests share. They stay outside; rooms are entered as the runner does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab import certificates, sandbox
from tests.lab.visit import Visit
from tests.lab.world import Families, Tunnel

Open = Callable[..., Visit]


@pytest.fixture(scope="session", autouse=True)
def able() -> None:
    """The lab never passes for want of something."""
    missing = sandbox.lacking()
    if missing:
        pytest.fail(f"the lab lacks {'; '.join(missing)}")


@pytest.fixture(scope="session")
def lab_certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("certificates")
    certificates.write(directory)
    return directory


@pytest.fixture(scope="module")
def visit(lab_certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Opens healthy worlds that end with the file; each kind of world once."""
    opened: dict[tuple[Families, frozenset[Tunnel]], Visit] = {}
    with ExitStack() as stack:

        def open_one(families: Families = Families.V4, *tunnels: Tunnel) -> Visit:
            kind = (families, frozenset(tunnels))
            if kind not in opened:
                out = tmp_path_factory.mktemp("world")
                opened[kind] = stack.enter_context(Visit(out, lab_certificates, *kind))
            return opened[kind]

        yield open_one
