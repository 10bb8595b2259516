"""Consent: everybody who has money in an agreement signs the same bytes, and each signature is checked."""

from collections.abc import Collection, Mapping

from ...finance.errors import NotSigned
from ...finance.signatures import require_signature
from ...finance.storage import Session
from ..records import agreements
from ..records.agreements import StoredAgreement


def require_consent(
    session: Session,
    stored: StoredAgreement,
    names: Collection[str],
    content: bytes,
    signatures: Mapping[str, bytes],
) -> None:
    """Refuse what not all of some names have signed.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    names : collection of str
        Who has to sign.
    content : bytes
        The exact bytes.
    signatures : Mapping of str to bytes
        By name; Ed25519 with the registered keys.

    Raises
    ------
    NotSigned
        With the names that are missing, or that have no say.
    SignatureInvalid
        When one does not fit the bytes and the key.
    """
    missing = [name for name in sorted(names) if name not in signatures]
    if missing:
        raise NotSigned(
            f"{', '.join(missing)} did not consent. Everybody with money in {stored.agreement.code!r} signs "
            "the same bytes.",
            agreement=stored.agreement.code,
            missing=missing,
        )
    require_signatures(session, stored, names, content, signatures)


def require_signatures(
    session: Session,
    stored: StoredAgreement,
    names: Collection[str],
    content: bytes,
    signatures: Mapping[str, bytes],
) -> None:
    """Refuse signatures of names that have no say, have no key, or signed something else.

    Parameters
    ----------
    session, stored, names, content, signatures
        As for ``require_consent``.

    Raises
    ------
    NotSigned, SignatureInvalid
        As for ``require_consent``.
    """
    keys = agreements.public_keys(session, stored.agreement)
    for name, signature in signatures.items():
        key = keys.get(name)
        if name not in names or key is None:
            why = "has no registered key" if name in names else "has no say in this"
            raise NotSigned(
                f"{name!r} {why} under {stored.agreement.code!r}. Ask {', '.join(sorted(names))}.",
                agreement=stored.agreement.code,
                party=name,
            )
        require_signature(key, content, signature, stored.agreement.party_of(name))
