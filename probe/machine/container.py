"""Is this process in a container? Asked of the marks that engines leave for that purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

# Docker's and Podman's. The variable is systemd's "Container Interface"; our image sets it too.
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
VARIABLE = "container"
# Those that give a container a network of their own. LXC and nspawn usually bridge theirs to the
# real one, where the router is the real router.
ENGINES = frozenset({"oci", "docker", "podman", "buildah", "kube"})


def in_container(environment: Mapping[str, str], marks: Sequence[Path] = MARKS) -> bool:
    """Whether an engine of containers runs this process. The variable, also when it is empty,
    wins over the marks."""
    if (said := environment.get(VARIABLE)) is not None:
        return said in ENGINES
    return any(mark.exists() for mark in marks)
