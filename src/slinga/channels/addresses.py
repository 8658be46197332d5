"""Which addresses belong to the open internet.

In: an IP address as text. Out: whether it is public.
Always true: pure; an IPv6 address that carries an IPv4 one inside is judged by that one too.
"""

import ipaddress

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def public(address: str) -> bool:
    """Whether an address belongs to the open internet. Raises ValueError for what is no address."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if found in _NAT64:
        inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
    return found.is_global and not found.is_multicast and (inner is None or public(str(inner)))
