import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from almoner.api import outbound
from almoner.api.errors import OutboundFailed, OutboundRefused
from almoner.api.outbound import Guard, get, is_public, post, require_outward

PUBLIC = "93.184.215.14"
INNER = (
    "0.0.0.0",  # noqa: S104  # an address to refuse
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)
HOSTILE = (
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "data:text/plain,x",
    "//example.org/",
    "example.org",
    "",
    "https://",
    "https:///path",
    "https://user@example.org/",
    "https://user:pass@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org#@127.0.0.1/",
    "https://example.org/#fragment",
    "https://example.org:22/",
    "https://example.org:8443/",
    "https://example.org:0/",
    "https://example.org:99999/",
    "https://example.org\\@127.0.0.1/",
    "https://exam ple.org/",
    "https://example.org/\r\nHost: inner",
    "https://example.org/\x00",
    "https://ex\u00e4mple.org/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://" + "a" * 3000,
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://localhost/",
    "https://localhost./",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1%25eth0]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/",
    "https://10.0.0.1/",
    "https://192.168.0.1/",
)


@pytest.mark.parametrize("address", INNER)
def test_no_special_address_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::8"])
def test_public_addresses_are_let_through(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_a_connection(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("a socket was opened"))
    with pytest.raises((OutboundRefused, OutboundFailed)):
        post(url, content=b"{}", headers={})
    with pytest.raises((OutboundRefused, OutboundFailed)):
        require_outward(url)


def test_one_inner_address_among_public_ones_refuses_all() -> None:
    guard = Guard(resolve=lambda _host, _port: (PUBLIC, "10.0.0.1"))
    with pytest.raises(OutboundRefused, match="not on the public network"):
        get("https://example.org/", headers={}, guard=guard)


def test_a_name_is_resolved_once_and_the_checked_address_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([(PUBLIC,), ("127.0.0.1",)])
    called: list[tuple[str, int]] = []

    def refuse(address: tuple[str, int], *_rest: object, **_named: object) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    guard = Guard(resolve=lambda _host, _port: next(answers))
    with pytest.raises(OutboundFailed):
        get("https://example.org/", headers={}, guard=guard)
    assert called == [(PUBLIC, 443)]
    with pytest.raises(OutboundRefused):
        get("https://example.org/", headers={}, guard=guard)
    assert called == [(PUBLIC, 443)]


def test_a_name_without_an_address_is_a_failure_to_try_again() -> None:
    with pytest.raises(OutboundFailed, match="no address"):
        require_outward("https://example.org/", guard=Guard(resolve=lambda _host, _port: ()))


class _Peer(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers["Host"], body))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/inner")
            self.end_headers()
            return
        answer = b"x" * 200_000 if self.path == "/large" else b"done"
        self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_said: object) -> None:
        """Stay quiet."""


@pytest.fixture
def peer() -> Iterator[ThreadingHTTPServer]:
    _Peer.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Peer)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_body_arrives_and_the_answer_comes_back(
    peer: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    url = f"http://127.0.0.1:{peer.server_port}/hook"
    answer = post(url, content=b"{}", headers={"webhook-id": "1"}, guard=Guard(local=True))
    assert answer == (202, b"done")
    assert _Peer.seen == [("/hook", f"127.0.0.1:{peer.server_port}", b"{}")]


def test_a_redirect_is_an_answer_and_not_followed(peer: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{peer.server_port}/moved"
    assert post(url, content=b"", headers={}, guard=Guard(local=True))[0] == 302
    assert len(_Peer.seen) == 1


def test_of_a_large_answer_only_the_beginning_is_read(peer: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{peer.server_port}/large"
    status, body = post(url, content=b"", headers={}, guard=Guard(local=True))
    assert (status, len(body)) == (202, outbound.READ_BYTES)


def test_a_peer_that_drips_is_given_up_at_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.4)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 100:
                    if stop.wait(0.05):
                        return
                    connection.sendall(bytes([letter]))

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises(OutboundFailed, match="ReadTimeout"):
            get(f"http://127.0.0.1:{listening.getsockname()[1]}/", headers={}, guard=Guard(local=True))
        took = time.monotonic() - began
        stop.set()
        thread.join()
    assert took < 3


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return chain, secret


@pytest.mark.parametrize(("name", "accepted"), [("example.org", True), ("other.org", False)])
def test_tls_asks_for_the_name_while_the_address_is_called(
    peer: ThreadingHTTPServer, tmp_path: Path, name: str, *, accepted: bool
) -> None:
    chain, secret = _certificate(tmp_path, "example.org")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(chain, secret)
    peer.socket = served.wrap_socket(peer.socket, server_side=True)
    guard = Guard(
        local=True,
        resolve=lambda _host, _port: ("127.0.0.1",),
        tls=ssl.create_default_context(cafile=str(chain)),
    )
    ask: Callable[[], tuple[int, bytes]] = lambda: post(  # noqa: E731  # asked once, in one of two ways
        f"https://{name}:{peer.server_port}/hook", content=json.dumps([1]).encode(), headers={}, guard=guard
    )
    if accepted:
        assert ask() == (202, b"done")
        assert _Peer.seen[0][1] == f"{name}:{peer.server_port}"
    else:
        with pytest.raises(OutboundFailed):
            ask()
        assert not _Peer.seen
