"""Settings: a TOML file, ISITME_* variables and secret files, as typed values.

Runs well with none. Only `cli` and `app` see this; every other part takes plain values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError
from pydantic.config import JsonDict
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from probe.catalogue import services_of
from probe.looks import PLANS, Plan
from probe.settings.addresses import read_proxy, read_vantage
from probe.settings.lock import Lock
from probe.settings.mistakes import Mistake, SettingsError
from probe.settings.sections import (
    IS_FILE,
    IS_SECRET,
    CheckedTargets,
    Dns,
    Keep,
    Log,
    Looks,
    Messengers,
    Network,
    Notify,
    SiteName,
    Trust,
    Vantage,
    Web,
)
from probe.settings.sources import read_environ, read_secret, read_toml
from probe.settings.telling import mistake_at, mistakes_of
from probe.targets import MESSENGERS, Targets, WebProxy
from probe.words import Look

__all__ = ["Lock", "Mistake", "Settings", "SettingsError"]

USUAL_PLACES = (Path("isitme.toml"), Path("/etc/isitme/isitme.toml"))
DEFAULT = "default"
HISTORY = "history.db"


class Settings(BaseSettings):
    """Everything a person may set."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    site: SiteName = Field(
        default="home", description="What this place is called, where several report."
    )
    web: Web = Web()
    network: Network = Network()
    dns: Dns = Dns()
    messengers: Messengers = Messengers()
    vantage: Vantage = Vantage()
    trust: Trust = Trust()
    history: Keep = Keep()
    notify: Notify = Notify()
    log: Log = Log()
    looks: Looks = Field(default_factory=Looks)
    # The method `targets` has the name that people of the code use; the file says [targets].
    targets_given: CheckedTargets = Field(
        default_factory=Targets,
        alias="targets",
        description="Every outside host isitme talks to; nothing else is ever contacted.",
    )

    _file: Path | None = PrivateAttr(None)
    _lock: Lock = PrivateAttr(default_factory=Lock)
    _origins: dict[tuple[str, ...], str] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: `load` reads the sources itself, to say where each came from."""
        return (init_settings,)

    @classmethod
    def load(
        cls,
        path: Path | None,
        environ: Mapping[str, str],
        *,
        switches: Mapping[str, tuple[str, Any]] | None = None,
        usual_places: Sequence[Path] = USUAL_PLACES,
    ) -> Settings:
        """Read the file, then the variables over it, then `switches` of the command line over both
        ({"web.listen": ("--listen", "lan")}).

        The file is `path`, else ISITME_CONFIG, else the first of the usual places that exists, else
        none. Raises SettingsError with one line per mistake.
        """
        file = path or (Path(environ["ISITME_CONFIG"]) if environ.get("ISITME_CONFIG") else None)
        file = file or next((place for place in usual_places if place.is_file()), None)
        tables = read_toml(file, cls) if file else {}
        origins = {leaf: str(file) for leaf in _leaves(tables)}
        _start_from(file, tables)
        said, mistakes = read_environ(environ, cls)
        for key, (switch, value) in (switches or {}).items():
            said[tuple(key.split("."))] = (switch, value)
        for leaf, (origin, value) in said.items():
            _put(tables, leaf, value)
            origins[leaf] = origin
        mistakes += _read_secrets(tables, origins)
        try:
            settings = cls(**tables)
        except ValidationError as error:
            secrets = set(_marked(IS_SECRET))
            for each in error.errors():
                mistakes += mistakes_of(each, origins, str(file), model=cls, secrets=secrets)
            raise SettingsError(mistakes) from None
        mistakes += settings._unreadable_roots(origins)
        if "Signal" in settings.messengers.ask and not settings.trust.signal_roots:
            wanted = "trust.signal_roots beside it: Signal has roots of its own"
            mistakes.append(
                mistake_at(("messengers", "ask"), origins, wanted=wanted, found="Signal alone")
            )
        if settings.web.config_file:
            # Its shapes cost 20 ms, and hardly anybody locks the port.
            from probe.settings.web_config import read_web_config

            try:
                settings._lock = read_web_config(Path(settings.web.config_file))
            except SettingsError as error:
                mistakes += error.mistakes
        if mistakes:
            raise SettingsError(mistakes)
        settings._file = file
        settings._origins = origins
        return settings

    @property
    def lock(self) -> Lock:
        """How the page's port is locked."""
        return self._lock

    @property
    def file(self) -> Path | None:
        """The file that was read, if one was."""
        return self._file

    def where(self, key: str) -> str:
        """Where a setting came from: the file, the variable, the switch, or "default"."""
        path = tuple(part.partition("[")[0] for part in key.split("."))
        given = (self._origins.get(path[:most]) for most in range(len(path), 0, -1))
        return next((origin for origin in given if origin), DEFAULT)

    def shown(self) -> dict[str, Any]:
        """Everything as set, for `isitme config show`. Of a secret only that it is set."""
        shown: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        for section, name in _marked(IS_SECRET):
            if shown[section][name]:
                shown[section][name] = "(set, not shown)"
        return shown

    def targets(self) -> Targets:
        """Every outside host, as set."""
        asked = tuple(one for one in MESSENGERS if one.name in self.messengers.ask)
        given = self.targets_given
        watched = services_of(given.watched_services)
        given = replace(
            given, also_ask=self.dns.also_ask, messengers=asked, watched_services=watched
        )
        asked_back = self.vantage
        if not asked_back.prometheus:
            return given
        vantage = read_vantage(
            asked_back.prometheus,
            site=asked_back.site or self.site,
            provider=asked_back.provider,
            token=asked_back.token,
        )
        return replace(given, vantage=vantage)

    def history_file(self, environ: Mapping[str, str]) -> Path | None:
        """Where the history is kept; None when nothing is."""
        if not self.history.keep:
            return None
        if self.history.file:
            return Path(self.history.file)
        # systemd.exec(5) StateDirectory=; else the XDG base directory specification.
        if given := environ.get("STATE_DIRECTORY"):
            return Path(given.partition(":")[0]) / HISTORY
        state = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return Path(state) / "isitme" / HISTORY

    def proxy(self) -> WebProxy | None:
        """The proxy to look through, as set."""
        return read_proxy(self.network.proxy) if self.network.proxy else None

    def plans(self) -> Mapping[Look, Plan]:
        """Every look that is switched on, at the pace that is set."""
        paces = {plan.look: getattr(self.looks, plan.look.value) for plan in PLANS}
        return {
            plan.look: replace(plan, every_seconds=paces[plan.look].every_seconds)
            for plan in PLANS
            if paces[plan.look].enabled and (plan.look is not Look.PROXY or self.network.proxy)
        }

    def _unreadable_roots(self, origins: Mapping[tuple[str, ...], str]) -> Iterator[Mistake]:
        for name in Trust.model_fields:
            path = getattr(self.trust, name)
            if not path:
                continue
            try:
                found = "" if b"-----BEGIN " in Path(path).read_bytes() else f"none in {path}"
            except OSError as error:
                found = f"{path}: {error.strerror}"
            if found:
                wanted = "a readable file of PEM certificates"
                yield mistake_at(("trust", name), origins, wanted=wanted, found=found)


def _leaves(tables: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key)


def _put(tables: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        inner = tables.setdefault(key, {})
        if not isinstance(inner, dict):
            return  # the file has something else there, and is told so
        tables = inner
    tables[path[-1]] = value


def _marked(mark: JsonDict) -> Iterator[tuple[str, str]]:
    for section, field in Settings.model_fields.items():
        for name, inner in getattr(field.annotation, "model_fields", {}).items():
            if inner.json_schema_extra == mark:
                yield section, name


def _start_from(file: Path | None, tables: dict[str, Any]) -> None:
    """Paths in a settings file start from where that file lies."""
    for section, name in _marked(IS_FILE):
        table = tables.get(section)
        value = table.get(name) if isinstance(table, dict) else None
        if file and isinstance(table, dict) and isinstance(value, str) and value:
            table[name] = str(file.parent / value)


def _read_secrets(tables: dict[str, Any], origins: dict[tuple[str, ...], str]) -> list[Mistake]:
    mistakes = []
    for section, name in _marked(IS_SECRET):
        table = tables.get(section)
        path = table.get(f"{name}_file") if isinstance(table, dict) else None
        if not isinstance(table, dict) or not isinstance(path, str) or not path:
            continue
        at = (section, f"{name}_file")
        if table.get(name):
            mistakes.append(
                mistake_at(at, origins, wanted=f"either {name} or {name}_file", found="both")
            )
            continue
        try:
            table[name] = read_secret(Path(path))
            origins[(section, name)] = path
        except OSError as error:
            found = f"{path}: {error.strerror}"
            mistakes.append(
                mistake_at(at, origins, wanted="a file this user may read", found=found)
            )
        except ValueError as error:
            found = f"{path}: {error}"
            mistakes.append(mistake_at(at, origins, wanted="a file with the secret", found=found))
    return mistakes
