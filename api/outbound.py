"""The only place that opens a socket outwards: to public addresses, over TLS, within limits.

The problem: an address that a user typed (of a webhook, of an issuer) can name our own network. A name is
checked and then resolved a second time by the client, and the second answer is another one; a redirect
leads where no check looks; a proxy of the environment hides the address; a peer that drips one byte a second
holds the thread. Here a name is resolved once, every address of the answer is checked, the connection goes to
a checked address while TLS still asks for the name, nothing is followed, and one deadline holds for it all.

``Address.is_global`` of the standard library is not enough: Python 3.11 takes the NAT64, 6to4, compatible
and multicast forms of an inner address for global. The lists are those of the IANA special-purpose address
registries (RFC 6890); of IPv6 only the block of global unicast is let through.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpcore2
import httpx2

from .errors import OutboundFailed, OutboundRefused

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Iterable[str]]
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
READ_BYTES = 64 * 1024
URL_LENGTH = 2048
WRITTEN_AT_ONCE = 16 * 1024

_V4_REFUSED = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4"),
    )
)
_V6_GLOBAL = ip_network("2000::/3")
_V6_REFUSED = tuple(
    ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def is_public(address: Address) -> bool:
    """Tell whether an address is of the public network, and of no special purpose.

    Examples
    --------
    >>> is_public(ip_address("93.184.215.14")), is_public(ip_address("64:ff9b::7f00:1"))
    (True, False)
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _V4_REFUSED)
    return address in _V6_GLOBAL and not any(address in network for network in _V6_REFUSED)


def resolve_name(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a name, as the system answers.

    Parameters
    ----------
    host : str
        A name, or an address in any writing the system takes.
    port : int [port number]
        Of the service.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(str(row[4][0]) for row in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What is let out.

    Attributes
    ----------
    resolve : callable
        Takes name and port, returns addresses as text.
    ports : frozenset of int [port numbers]
        Let out to.
    local : bool
        Also this machine itself, also without TLS, on any port: for tests and trials, never in service.
    tls : ssl.SSLContext or None
        Whom to trust; None for the authorities of the system.
    """

    resolve: Resolve = resolve_name
    ports: frozenset[int] = frozenset({443})
    local: bool = False
    tls: ssl.SSLContext | None = None

    def admits(self, address: Address) -> bool:
        """Tell whether a connection may go to an address."""
        return is_public(address) or (self.local and address.is_loopback)


STRICT = Guard()


def require_outward(url: str, *, guard: Guard = STRICT) -> None:
    """Refuse an address that no request of ours would go to; for a form, before it is stored.

    Raises
    ------
    OutboundRefused
        With the reason.
    OutboundFailed
        When the name has no address now.
    """
    target = read_url(url, guard=guard)
    _checked(target.host, target.port or 443, guard, CONNECT_SECONDS)


def get(url: str, *, headers: Mapping[str, str], guard: Guard = STRICT) -> tuple[int, bytes]:
    """Ask for a document; status and the first 64 KiB of the body are returned.

    Raises
    ------
    OutboundRefused, OutboundFailed
        As ``post``.
    """
    return _send("GET", url, b"", headers, guard)


def post(url: str, *, content: bytes, headers: Mapping[str, str], guard: Guard = STRICT) -> tuple[int, bytes]:
    """Send a body; status and the first 64 KiB of the answer are returned.

    Parameters
    ----------
    url : str
        ``https``, on an admitted port, without name and password.
    content : bytes
        The body.
    headers : mapping of str to str
        Beside ``Host`` and ``Content-Length``.
    guard : Guard
        What is let out.

    Raises
    ------
    OutboundRefused
        When the address may not be asked.
    OutboundFailed
        When it does not answer within the limits.
    """
    return _send("POST", url, content, headers, guard)


def read_url(url: str, *, guard: Guard = STRICT) -> httpx2.URL:
    """Return an address that is one of ours to ask, by its writing alone.

    Raises
    ------
    OutboundRefused
        With the reason.

    Examples
    --------
    >>> read_url("https://example.org/hook").host
    'example.org'
    """
    if len(url) > URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise OutboundRefused(f"An address has at most {URL_LENGTH} visible ASCII characters.")
    try:
        target = httpx2.URL(url)
        host = target.raw_host.decode()
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise OutboundRefused("The address is not readable. Write https://name/path.") from None
    if target.scheme != "https" and not (guard.local and target.scheme == "http"):
        raise OutboundRefused("The address has to begin with https://.", scheme=target.scheme[:20])
    if not host or target.userinfo or target.fragment:
        raise OutboundRefused("The address needs a name, and takes no user, password or fragment.")
    usual = 443 if target.scheme == "https" else 80
    port = usual if target.port is None else target.port
    if port not in guard.ports and not guard.local:
        allowed = ", ".join(map(str, sorted(guard.ports)))
        raise OutboundRefused(f"Port {port} is not let out to. Use {allowed}.", port=port)
    if not _may_be_public(target.host, guard):
        raise OutboundRefused(f"{host[:100]} is not on the public network. Give a public address.")
    return target


def _may_be_public(host: str, guard: Guard) -> bool:
    """Tell whether a host is a name to look up, or written as an address that is let out to."""
    bare = host.removesuffix(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return guard.local
    try:
        return guard.admits(ip_address(bare.split("%", 1)[0]))
    except ValueError:
        last = bare.rsplit(".", 1)[-1]
        return not (last.isdigit() or last.startswith("0x"))  # a number, which resolvers take for an address


def _checked(host: str, port: int, guard: Guard, seconds: float) -> tuple[str, ...]:
    """Return the addresses of a name, all of them admitted."""
    try:
        found = tuple(_resolvers().submit(_listed, guard.resolve, host, port).result(timeout=seconds))
    except (OSError, UnicodeError, TimeoutError):
        raise OutboundFailed(f"The name {host[:100]} has no address now. Check it, or try later.") from None
    if not found:
        raise OutboundFailed(f"The name {host[:100]} has no address now. Check it, or try later.")
    if not all(guard.admits(ip_address(one)) for one in found):
        raise OutboundRefused(f"{host[:100]} is not on the public network. Give a public address.")
    return found


def _listed(resolve: Resolve, host: str, port: int) -> tuple[str, ...]:
    return tuple(resolve(host, port))


@cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="almoner-resolve")


@cache
def _system_trust() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def _send(
    method: str, url: str, content: bytes, headers: Mapping[str, str], guard: Guard
) -> tuple[int, bytes]:
    target = read_url(url, guard=guard)
    deadline = time.monotonic() + TOTAL_SECONDS
    sent: dict[str, str] = {
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": "almoner",
        **headers,
    }
    pool = httpcore2.ConnectionPool(
        ssl_context=guard.tls or _system_trust(),
        max_connections=1,
        retries=0,
        network_backend=_GuardedBackend(guard, deadline),
    )
    timeouts = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS, "pool": 1.0}
    try:
        with (
            pool,
            pool.stream(
                method,
                str(target),
                headers=list(sent.items()),
                content=content,
                extensions={"timeout": timeouts},
            ) as answer,
        ):
            return answer.status, _first(answer.iter_stream())
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as fault:
        kind = type(fault).__name__
        raise OutboundFailed(f"{target.host[:100]} did not answer ({kind}). Try later.", kind=kind) from None
    except (httpcore2.UnsupportedProtocol, ssl.SSLError, ValueError) as fault:
        kind = type(fault).__name__
        raise OutboundFailed(f"{target.host[:100]} could not be asked ({kind}).", kind=kind) from None


def _first(parts: Iterable[bytes]) -> bytes:
    """Return the first 64 KiB; what is beyond is not read."""
    read = bytearray()
    for part in parts:
        read += part
        if len(read) >= READ_BYTES:
            break
    return bytes(read[:READ_BYTES])


class _GuardedBackend(httpcore2.NetworkBackend):
    """Connects to a checked address of the name; the name stays what TLS asks for."""

    def __init__(self, guard: Guard, deadline: float) -> None:
        self._guard, self._deadline, self._below = guard, deadline, httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first checked address that answers."""
        until = min(time.monotonic() + (timeout or CONNECT_SECONDS), self._deadline)
        fault: Exception = httpcore2.ConnectTimeout("no time is left")
        for address in _checked(host, port, self._guard, until - time.monotonic()):
            left = until - time.monotonic()
            if left <= 0:
                break
            try:
                stream = self._below.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as refused:
                fault = refused
            else:
                return _TimedStream(stream, self._deadline)
        raise fault


class _TimedStream(httpcore2.NetworkStream):
    """A connection whose every step ends by one deadline."""

    def __init__(self, below: httpcore2.NetworkStream, deadline: float) -> None:
        self._below, self._deadline = below, deadline

    def _left(self, timeout: float | None, fault: type[httpcore2.TimeoutException]) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise fault("no time is left")
        return min(left, timeout or TOTAL_SECONDS)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within the time left."""
        return self._below.read(max_bytes, self._left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write piece by piece within the time left: a slow reader is given up."""
        for start in range(0, len(buffer), WRITTEN_AT_ONCE):
            piece = buffer[start : start + WRITTEN_AT_ONCE]
            self._below.write(piece, self._left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._below.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Begin TLS for the name, within the time left."""
        left = self._left(timeout, httpcore2.ConnectTimeout)
        return _TimedStream(self._below.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        """Tell of the connection below."""
        return self._below.get_extra_info(info)
