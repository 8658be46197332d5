"""Who asks, as our own proxies say."""

import pytest

from slinga.kernel.network import client, network


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "expected"),
    [
        ("192.0.2.7", "198.51.100.1", 0, "192.0.2.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", 1, "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.1", 2, "198.51.100.1"),
        ("127.0.0.1", "", 1, "127.0.0.1"),
        ("2001:db8:1:2:3::4", "", 0, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "", 0, "192.0.2.7"),
        ("", "", 0, ""),
        ("127.0.0.1", "nonsense", 1, ""),
    ],
)
def test_a_network_is_what_our_proxies_say(peer: str, forwarded: str, proxies: int, expected: str) -> None:
    found = client(peer, forwarded, proxies)
    assert (network(found) if found else "") == expected


def test_an_address_is_cut_to_as_many_bits_as_asked_for() -> None:
    for text, expected in (("192.0.2.7", "192.0.2.0/24"), ("2001:db8:1:2::4", "2001:db8:1::/48")):
        found = client(text, "", 0)
        assert found and network(found, 24, 48) == expected
