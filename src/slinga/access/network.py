"""Where a request comes from, as far as counting tries goes.

In: the peer's address, X-Forwarded-For, how many proxies are ours. Out: a network.
Always true: pure; only entries that our own proxies wrote are believed; of an IPv6 address its /64 counts,
because whoever has one address has them all.
"""

from ipaddress import IPv6Address, ip_address, ip_network


def network(peer: str, forwarded: str, proxies: int) -> str:
    """The network of a client; "unknown" where there is no address, as on a socket file.

    `proxies` entries from the right of `forwarded` were written by proxies of ours, the last of them first.
    """
    entries = [each.strip() for each in forwarded.split(",") if each.strip()]
    text = entries[-min(proxies, len(entries))] if proxies and entries else peer
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return str(found)
