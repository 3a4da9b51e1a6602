"""TLS and passwords for the page's own port, in the file that Prometheus' exporters share.

The form is exporter-toolkit's web.config.file (github.com/prometheus/exporter-toolkit,
docs/web-configuration.md), as far as it fits: one certificate, passwords as bcrypt hashes.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationError

from probe.settings.lock import Lock
from probe.settings.mistakes import Mistake, SettingsError, wrong
from probe.settings.telling import mistakes_of

MOST_BYTES = 65_536
BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
# Each request that brings a new password costs so much: 2^14 is a second here, ten on a Pi.
DEAREST = 14
VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
CLIENTS = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


def _is_hash(text: str) -> str:
    made = BCRYPT.fullmatch(text)
    if made is None or not 4 <= int(made[1]) <= DEAREST:
        raise wrong(f"a bcrypt hash of cost 4 to {DEAREST} (htpasswd -nBC 10 NAME)", "another text")
    return text


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TlsServer(Table):
    """Paths start from where the file lies."""

    cert_file: str = Field(min_length=1)
    key_file: str = Field(min_length=1)
    client_ca_file: str = ""
    client_auth_type: Literal[
        "NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"
    ] = "NoClientCert"
    min_version: Literal["TLS12", "TLS13"] = "TLS12"
    max_version: Literal["TLS12", "TLS13"] = "TLS13"


class HttpServer(Table):
    http2: StrictBool = False  # HTTP/1.1 is spoken either way, which every reader takes


class WebConfig(Table):
    """What such a file may say."""

    tls_server_config: TlsServer | None = None
    http_server_config: HttpServer = HttpServer()
    basic_auth_users: Mapping[
        Annotated[str, Field(min_length=1, pattern="^[^:]+$")],
        Annotated[str, AfterValidator(_is_hash)],
    ] = {}


def read_web_config(file: Path) -> Lock:
    """Read it, with the certificate it names. Raises SettingsError, one line per mistake."""
    try:
        said = _yaml(file)
    except OSError as error:
        raise SettingsError(
            [_mistake(file, "", "a file this user may read", error.strerror or str(error))]
        ) from None
    except ValueError as error:
        raise SettingsError([_mistake(file, "", "YAML", str(error))]) from None
    try:
        config = WebConfig.model_validate({} if said is None else said)
    except ValidationError as error:
        users = said.get("basic_auth_users") if isinstance(said, dict) else None
        secrets = {("basic_auth_users", name) for name in users or ()}
        raise SettingsError(
            mistake
            for each in error.errors()
            for mistake in mistakes_of(each, {}, str(file), model=WebConfig, secrets=secrets)
        ) from None
    tls = config.tls_server_config
    return Lock(
        tls=_context(file, tls) if tls is not None else None, users=dict(config.basic_auth_users)
    )


def _yaml(file: Path) -> Any:
    """Raises OSError, and ValueError in one line."""
    with file.open("rb") as opened:
        text = opened.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    # Only those who lock their port pay for it.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ValueError(" ".join(str(error).split())[:200]) from None


def _context(file: Path, tls: TlsServer) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[tls.min_version]
    context.maximum_version = VERSIONS[tls.max_version]
    context.verify_mode = CLIENTS[tls.client_auth_type]
    key = "tls_server_config.cert_file"
    wanted = "a PEM certificate, and its key in key_file"
    try:
        context.load_cert_chain(file.parent / tls.cert_file, file.parent / tls.key_file)
        if tls.client_ca_file:
            key, wanted = "tls_server_config.client_ca_file", "a file of PEM certificates"
            context.load_verify_locations(file.parent / tls.client_ca_file)
    except OSError as error:  # ssl.SSLError is one
        found = error.strerror or str(error)
        raise SettingsError([_mistake(file, key, wanted, found)]) from None
    return context


def _mistake(file: Path, key: str, wanted: str, found: str) -> Mistake:
    return Mistake(where=str(file), key=key, wanted=wanted, found=found)
