"""The example file is written from the code, and says the truth."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from probe.settings import Settings
from probe.settings.sections import OWN_SETTING, TARGETS_SAY
from probe.settings.sources import leaves
from probe.settings.written import documented
from probe.targets import Targets

EXAMPLE = Path(__file__).parents[2] / "config" / "isitme.toml"


def uncommented(text: str) -> str:
    return re.sub(r"^#(?=[^ \n])", "", text, flags=re.MULTILINE)


def test_the_example_is_what_the_code_writes() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == documented(), "run tools/write_config.py"


def test_as_it_is_it_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    file.write_text(documented(), encoding="utf-8")

    assert Settings.load(file, {}).model_dump() == Settings().model_dump()


def test_with_every_setting_set_it_changes_nothing_either(tmp_path: Path) -> None:
    file = tmp_path / "isitme.toml"
    file.write_text(uncommented(documented()), encoding="utf-8")

    settings = Settings.load(file, {})

    assert settings.model_dump() == Settings().model_dump()
    assert settings.targets() == Targets()
    assert settings.where("looks.ntp.every_seconds") == str(file)


def test_every_setting_is_in_it() -> None:
    tables = tomllib.loads(uncommented(documented()))
    missing = []
    for path, _ in leaves(Settings):
        here: object = tables
        for key in path:
            here = here.get(key) if isinstance(here, dict) else None
        elsewhere = path[0] == "targets" and path[1] in OWN_SETTING
        if here is None and not elsewhere and path[-1] != "last_seen":
            missing.append(".".join(path))

    assert missing == []


@pytest.mark.parametrize("section", ["web", "network", "dns", "trust", "log"])
def test_every_setting_says_what_it_means(section: str) -> None:
    fields = type(getattr(Settings(), section)).model_fields

    assert [name for name, field in fields.items() if not field.description] == []


def test_every_list_of_targets_says_what_it_means() -> None:
    assert {*TARGETS_SAY, *OWN_SETTING} == {*Targets.__dataclass_fields__}
