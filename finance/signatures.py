"""Ed25519 over exact bytes: who said it, and that nobody changed it since.

The problem: a determination moves money, so it must be provable who made it. Signatures cover the stored
bytes of a document, never a re-serialised copy. Keys are raw 32-byte Ed25519 keys (RFC 8032); making and
checking is left to the ``cryptography`` package.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .errors import SignatureInvalid


def public_key(secret: bytes) -> bytes:
    """Return the public half of a secret key.

    Parameters
    ----------
    secret : bytes
        32 random bytes, kept by the signer alone.

    Examples
    --------
    >>> public_key(bytes(32)).hex()[:16]
    '3b6a27bcceb6a42d'
    """
    return (
        Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    )


def sign_bytes(secret: bytes, content: bytes) -> bytes:
    """Sign exact bytes.

    Returns
    -------
    bytes
        64 bytes.

    Examples
    --------
    >>> len(sign_bytes(bytes(32), b"412 days"))
    64
    """
    return Ed25519PrivateKey.from_private_bytes(secret).sign(content)


def attested_bytes(payload_type: str, payload: bytes) -> bytes:
    """Put a payload together with its type, as the bytes to sign.

    Parameters
    ----------
    payload_type : str
        What the payload is, as a media type.
    payload : bytes
        Exact bytes.

    Notes
    -----
    The pre-authentication encoding of DSSE, protocol version 1.0.2 (github.com/secure-systems-lab/dsse).

    Examples
    --------
    >>> attested_bytes("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def require_signature(key: bytes, content: bytes, signature: bytes, who: str) -> None:
    """Refuse a signature that was not made over these bytes with this party's key.

    Parameters
    ----------
    key : bytes
        The party's public key, 32 bytes.
    content : bytes
        What was signed.
    signature : bytes
        64 bytes.
    who : str
        The party's code, for the message.

    Raises
    ------
    SignatureInvalid
        When it does not fit.

    Examples
    --------
    >>> require_signature(public_key(bytes(32)), b"412 days", sign_bytes(bytes(32), b"412 days"), "lab")
    >>> require_signature(public_key(bytes(32)), b"413 days", sign_bytes(bytes(32), b"412 days"), "lab")
    Traceback (most recent call last):
    ...
    almoner.finance.errors.SignatureInvalid: The signature of lab does not fit the bytes and its key.
    """
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        raise SignatureInvalid(
            f"The signature of {who} does not fit the bytes and its key.", party=who
        ) from None
