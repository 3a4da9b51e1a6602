"""IPv4 inside IPv6: the examples of RFC 6052 2.4, and what a resolver may show of a translator."""

from __future__ import annotations

from ipaddress import IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.wire.nat64 import PLACES, prefixes, translated, untranslated

# RFC 6052 2.4, for 192.0.2.33.
EXAMPLES = {
    "2001:db8::/32": "2001:db8:c000:221::",
    "2001:db8:100::/40": "2001:db8:1c0:2:21::",
    "2001:db8:122::/48": "2001:db8:122:c000:2:2100::",
    "2001:db8:122:300::/56": "2001:db8:122:3c0:0:221::",
    "2001:db8:122:344::/64": "2001:db8:122:344:c0:2:2100:0",
    "2001:db8:122:344::/96": "2001:db8:122:344::c000:221",
    "64:ff9b::/96": "64:ff9b::c000:221",
}


@pytest.mark.parametrize("prefix", EXAMPLES)
def test_as_the_standard_writes_it(prefix: str) -> None:
    network = IPv6Network(prefix)

    assert IPv6Network(translated("192.0.2.33", network)) == IPv6Network(EXAMPLES[prefix])
    assert untranslated(EXAMPLES[prefix], [network]) == "192.0.2.33"


@given(st.sampled_from(sorted(PLACES)), st.ip_addresses(v=6), st.sampled_from(["170", "171"]))
def test_a_prefix_is_learned_from_the_name_that_has_ipv4_only(
    length: int, anywhere: object, last: str
) -> None:
    network = IPv6Network((str(anywhere), length), strict=False)
    answer = translated(f"192.0.0.{last}", network)

    (learned,) = prefixes([answer])

    assert untranslated(answer, [learned]) == f"192.0.0.{last}"


def test_other_answers_show_no_translator() -> None:
    assert prefixes([]) == ()
    assert prefixes(["2606:4700:4700::1111", "192.0.0.170", "no address"]) == ()


def test_what_is_not_the_translators_stays_as_it_is() -> None:
    known = [IPv6Network("64:ff9b::/96")]

    for text in ("2606:4700:4700::1111", "17.57.144.10", "no address"):
        assert untranslated(text, known) == text
