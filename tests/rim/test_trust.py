"""Whom to believe: the right roots for each use, and a clear word when they cannot be read."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

import certifi
import pytest

from probe.trust import ALPN, APPLE_ROOTS, Trust, TrustError, Use
from tests.support.servers import Authority

FINGERPRINTS = {
    "apple_root_ca.pem": (
        "B0:B1:73:0E:CB:C7:FF:45:05:14:2C:49:F1:29:5E:6E:"
        "DA:6B:CA:ED:7E:2C:68:C5:BE:91:B5:A1:10:01:F0:24"
    ),
    "apple_root_ca_g3.pem": (
        "63:34:3A:BF:B8:9A:6A:03:EB:B5:7E:9B:3F:5F:A7:BE:"
        "7C:4F:5C:75:6F:30:17:B3:A8:C4:88:C3:65:3E:91:79"
    ),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("roots"))


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> str | None:
    """A handshake in memory; gives the protocol agreed upon."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [one, other]
    while waiting:
        side = waiting.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(side)
    return one.selected_alpn_protocol()


@pytest.mark.parametrize("path", APPLE_ROOTS, ids=lambda path: path.name)
def test_the_shipped_roots_are_apples(path: Path) -> None:
    der = ssl.PEM_cert_to_DER_cert(path.read_text())
    digest = hashlib.sha256(der).hexdigest().upper()

    assert ":".join(digest[i : i + 2] for i in range(0, 64, 2)) == FINGERPRINTS[path.name]


def test_where_the_roots_come_from_is_written_beside_them() -> None:
    written = APPLE_ROOTS[0].with_name("PROVENANCE.md").read_text()

    assert all(fingerprint in written for fingerprint in FINGERPRINTS.values())
    assert all(path.name in written for path in APPLE_ROOTS)


def test_apples_hosts_are_vouched_for_by_apples_roots_alone() -> None:
    trust = Trust()

    for use in (Use.APPLE, Use.COURIER):
        trusted = {
            hashlib.sha256(der).hexdigest().upper()
            for der in trust.context(use).get_ca_certs(binary_form=True)
        }
        assert trusted == {text.replace(":", "") for text in FINGERPRINTS.values()}


ALIKE = ({Use.DOH, Use.FEED}, {Use.WEB, Use.WEBHOOK})  # the same roots, the same protocols


def test_each_context_is_built_once_for_all_that_believe_and_offer_the_same() -> None:
    trust = Trust(public_roots=APPLE_ROOTS[0])

    first = {use: trust.context(use) for use in Use}

    assert all(trust.context(use) is context for use, context in first.items())
    for one in Use:
        shared = {use for use in Use if first[use] is first[one]}
        assert shared == next((alike for alike in ALIKE if one in alike), {one})


def test_every_context_judges_alike_on_every_python() -> None:
    trust = Trust(public_roots=APPLE_ROOTS[0])

    for use in Use:
        context = trust.context(use)
        assert context.verify_flags == ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("use", list(Use))
def test_each_use_asks_for_its_protocol(use: Use, authority: Authority) -> None:
    trust = Trust(authority.root, authority.root, authority.root)
    server = authority.server("host.example", alpn=tuple(reversed(ALPN[use])))

    assert shake_hands(trust.context(use), server, "host.example") in ALPN[use]


def test_a_certificate_that_only_strictness_refuses_is_good(
    authority: Authority, tmp_path: Path
) -> None:
    server = authority.bare_server("host.example", tmp_path)
    strict = Trust(public_roots=authority.root).context(Use.WEB)
    strict.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(strict, server, "host.example")

    shake_hands(Trust(public_roots=authority.root).context(Use.WEB), server, "host.example")


def test_the_unverified_context_believes_anyone(authority: Authority) -> None:
    server = authority.server("other.example")

    shake_hands(Trust(public_roots=APPLE_ROOTS[0]).unverified(Use.WEB), server, "host.example")


def test_the_systems_store_is_the_public_roots() -> None:
    assert Trust().context(Use.WEB).cert_store_stats()["x509_ca"] > 0


def test_ssl_cert_file_names_the_public_roots(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    context = Trust().context(Use.WEB)

    assert context.cert_store_stats()["x509_ca"] == 1
    shake_hands(context, authority.server("host.example"), "host.example")


def test_warming_builds_everything_that_is_used(tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(APPLE_ROOTS[0].read_bytes())
    trust = Trust(public_roots=roots, apple_roots=roots, signal_roots=roots)

    trust.warm()

    roots.unlink()
    assert all(trust.context(use).cert_store_stats()["x509_ca"] for use in Use)


def unreadable(directory: Path) -> Path:
    return directory / "not-there.pem"


def empty(directory: Path) -> Path:
    path = directory / "empty.pem"
    path.touch()
    return path


def prose(directory: Path) -> Path:
    path = directory / "prose.pem"
    path.write_text("these are my certificates\n")
    return path


def broken(directory: Path) -> Path:
    path = directory / "broken.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    return path


def folder(directory: Path) -> Path:
    return directory


MISTAKES = [unreadable, empty, prose, broken, folder]


def test_the_roots_that_isitme_brings_tell_public_ones_from_a_companys(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    company = ssl.PEM_cert_to_DER_cert(authority.root.read_text())
    known = {name: ssl.PEM_cert_to_DER_cert(name) for name in pem_of(Path(certifi.where()))[:5]}
    trust = Trust()

    assert not trust.is_public(company)
    assert all(trust.is_public(der) for der in known.values())
    assert Trust(public_roots=authority.root).is_public(company)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    assert trust.is_public(company), "somebody said whom to trust"


def pem_of(bundle: Path) -> list[str]:
    end = "-----END CERTIFICATE-----"
    parts = bundle.read_text().split(end)[:-1]
    return [part[part.index("-----BEGIN") :] + end for part in parts]


def test_who_else_may_believe_is_asked_of_the_other_store(authority: Authority) -> None:
    plain, replaced = Trust(), Trust(public_roots=authority.root)

    assert plain.second_opinion(Use.WEB) is None
    assert plain.second_opinion(Use.COURIER) is plain.context(Use.WEB)
    assert replaced.second_opinion(Use.APPLE) is replaced.context(Use.WEB)
    system = replaced.second_opinion(Use.WEB)
    assert system is not None
    assert system.cert_store_stats()["x509_ca"] > 1


def test_a_machine_that_believes_nobody_gives_no_second_opinion(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "not-there.pem"))

    assert Trust(public_roots=authority.root).second_opinion(Use.WEB) is None


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_file_of_public_roots_that_is(mistake: object, tmp_path: Path) -> None:
    path = mistake(tmp_path)  # type: ignore[operator]

    with pytest.raises(TrustError) as caught:
        Trust(public_roots=path).context(Use.WEB)

    assert str(path) in str(caught.value)
    assert "[trust] public_roots" in str(caught.value)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_file_in_ssl_cert_file_that_is(
    mistake: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mistake(tmp_path)  # type: ignore[operator]
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    with pytest.raises(TrustError) as caught:
        Trust().context(Use.WEB)

    assert str(path) in str(caught.value)
    assert "SSL_CERT_FILE" in str(caught.value)


def test_a_system_without_a_store_is_said_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # typeshed denies it, but cafile and capath are None where there is no such file.
    nowhere = ssl.DefaultVerifyPaths(None, None, "SSL_CERT_FILE", "/gone.pem", "SSL_CERT_DIR", "/")  # type: ignore[arg-type]
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)

    with pytest.raises(TrustError, match=r"/gone.pem.*\[trust\] public_roots"):
        Trust().context(Use.WEB)
