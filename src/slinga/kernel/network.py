"""Where a request comes from.

In: the peer's address, X-Forwarded-For, how many proxies are ours. Out: the client's address, its network.
Always true: pure; only entries that our own proxies wrote are believed; an IPv4 address inside an IPv6 one
is that IPv4 address.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def client(peer: str, forwarded: str, proxies: int) -> IPv4Address | IPv6Address | None:
    """The address of who asks; None where there is none, as on a socket file.

    `proxies` entries from the right of `forwarded` were written by proxies of ours, the last of them first.
    """
    entries = [each.strip() for each in forwarded.split(",") if each.strip()]
    text = entries[-min(proxies, len(entries))] if proxies and entries else peer
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def network(address: IPv4Address | IPv6Address, four: int = 32, six: int = 64) -> str:
    """The network of an address, so many bits of it; whoever has one IPv6 address has its whole /64."""
    bits = four if address.version == 4 else six
    return str(ip_network((address, bits), strict=False)).removesuffix("/32")
