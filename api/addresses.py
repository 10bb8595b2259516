"""Whom the address of a request stands for.

The problem: in version 6 one subscriber is given a whole /64 and may call from any address in it; and behind
a proxy all requests come from the proxy, which tells the address in a header that anybody else can write,
too. Headers are believed of named proxies only.
"""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from fastapi import Request

SUBSCRIBER = 64
UNKNOWN = "unknown"


def address_by(proxies: Iterable[str] = ()) -> Callable[[Request], str]:
    """Return what tells whom the address of a request stands for.

    Parameters
    ----------
    proxies : iterable of str
        Networks whose ``X-Forwarded-For`` is believed: the last address in it that is not theirs counts.
    """
    trusted = tuple(ip_network(one) for one in proxies)

    def address_of(request: Request) -> str:
        here = request.client.host if request.client else UNKNOWN
        said = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        told = [part.strip() for part in said if part.strip()]
        while told and _is_in(here, trusted):
            here = told.pop()
        return subscriber_of(here)

    return address_of


def _is_in(text: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    address = _read(text)
    return address is not None and any(address in network for network in networks)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def subscriber_of(address: str) -> str:
    """Return whom an address stands for: itself, or in version 6 its /64.

    Examples
    --------
    >>> subscriber_of("2001:db8:1:2:3::4"), subscriber_of("::ffff:192.0.2.1"), subscriber_of("?")
    ('2001:db8:1:2::/64', '192.0.2.1', 'unknown')
    """
    found = _read(address)
    if found is None:
        return UNKNOWN
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found) >> SUBSCRIBER << SUBSCRIBER, SUBSCRIBER)))
    return str(found)
