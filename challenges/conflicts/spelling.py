"""Spellings of one address, number or name are brought to one key, so that they can be compared.

The problem: ``Ana.Ruiz+review@Gmail.com`` and ``anaruiz@googlemail.com`` are one mailbox, and an address in
which one letter is Cyrillic looks like another one and is not equal to it. Each value has two keys: a normal
form, which leaves out only what makes no difference, and a look-alike form, in which letters of other scripts
become the Latin letters they look like. What meets only in the second is never certain, and counts.

The look-alikes (``look_alikes.csv``) are letters of Cyrillic, Greek, Armenian and Cherokee that look like one
Latin letter, most of them as Unicode Technical Standard 39 has them (``confusables.txt``). Where anybody can
have an address is a list to be read and corrected (``mail_providers.txt``). Which provider ignores dots is
stated on its own help pages; what follows a plus sign is a label everywhere (RFC 5233).
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ONE_DOMAIN: Mapping[str, str] = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "pm.me": "proton.me",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
}
IGNORED: Mapping[str, str] = {"gmail.com": ".", "proton.me": "._-"}
ROLE_MAILBOXES: frozenset[str] = frozenset(
    [
        *("abuse", "accounts", "admin", "administration", "contact", "director", "enquiries", "finance"),
        *("grants", "hello", "help", "hostmaster", "info", "inquiries", "mail", "marketing", "news", "noc"),
        *("office", "postmaster", "press", "reception", "sales", "secretariat", "secretary", "security"),
        *("service", "support", "team", "webmaster"),
    ]
)
TITLES: frozenset[str] = frozenset(
    [
        "dr",
        "prof",
        "professor",
        "mr",
        "mrs",
        "ms",
        "mx",
        "sir",
        "dame",
        "hon",
        "rev",
        "eng",
        "ing",
        "phd",
        "md",
    ]
)
_GAPS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    r"""Return text without case, compatibility forms, invisible characters and outer white space.

    Examples
    --------
    >>> plain(" \uff21na\u200b ")
    'ana'
    """
    shown = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    return unicodedata.normalize("NFC", shown.casefold()).strip()


def lookalike(text: str) -> str:
    r"""Return text in the Latin letters that it looks like, without accents.

    Examples
    --------
    >>> lookalike("\u0430n\u0430.ru\u0456z"), lookalike("José")
    ('ana.ruiz', 'jose')
    """
    bare = "".join(
        one
        for one in unicodedata.normalize("NFKD", text)
        if unicodedata.category(one) not in {"Cf", "Mn", "Me"}
    )
    lowered = bare.translate(_letters()).casefold().translate(_letters())
    return unicodedata.normalize("NFC", lowered).strip()


def mail_parts(address: str) -> tuple[str, str]:
    """Return mailbox and domain, both in their normal form; the mailbox is empty where there is no sign.

    Examples
    --------
    >>> mail_parts("Ana.Ruiz+review@GoogleMail.com")
    ('anaruiz', 'gmail.com')
    >>> mail_parts("ana.ruiz@river.org")
    ('ana.ruiz', 'river.org')
    """
    box, _, host = plain(address).rpartition("@")
    host = _readable(host.strip(". "))
    host = ONE_DOMAIN.get(host, host)
    box = box.strip().partition("+")[0] or box.strip()
    for sign in IGNORED.get(host, ""):
        box = box.replace(sign, "")
    return box, host


def is_public_provider(domain: str) -> bool:
    """Tell whether anybody can have an address there.

    Examples
    --------
    >>> is_public_provider("gmail.com"), is_public_provider("river.org")
    (True, False)
    """
    return domain in _public_providers()


def mail_keys(address: str) -> tuple[str, str]:
    """Return the normal and the look-alike key of an address.

    Examples
    --------
    >>> mail_keys("Ana.Ruiz@gmail.com")
    ('anaruiz@gmail.com', 'anaruiz@gmail.com')
    """
    box, host = mail_parts(address)
    seen_box, seen_host = mail_parts(lookalike(address))
    return f"{box}@{host}", f"{seen_box}@{seen_host}"


def name_keys(name: str) -> tuple[str, str]:
    """Return both keys of a name: without titles and punctuation, its words in alphabetical order.

    Examples
    --------
    >>> name_keys("Dr. Ruiz, José")
    ('josé ruiz', 'jose ruiz')
    """
    return _words(plain(name)), _words(lookalike(name))


def number_keys(number: str) -> tuple[str, str]:
    """Return both keys of an ORCID or a registry number: letters and digits only.

    Examples
    --------
    >>> number_keys("https://orcid.org/0000-0002-1825-0097")
    ('0000000218250097', '0000000218250097')
    >>> number_keys("GB-COH 01234567")[0]
    'gbcoh01234567'
    """
    bare = re.sub(r"^(https?://)?(www\.)?orcid\.org/", "", plain(number))
    return _GAPS.sub("", bare), _GAPS.sub("", lookalike(bare))


def _words(text: str) -> str:
    words = [word for word in _GAPS.sub(" ", text).split() if word not in TITLES]
    return " ".join(sorted(words))


def _readable(host: str) -> str:
    """Read a domain in its ASCII form as the letters it stands for."""
    try:
        return plain(host.encode("ascii").decode("idna")) if "xn--" in host else host
    except UnicodeError:
        return host


@cache
def _public_providers() -> frozenset[str]:
    return frozenset(_text("mail_providers.txt").split())


@cache
def _letters() -> Mapping[int, str]:
    rows = (line.split(",") for line in _text("look_alikes.csv").splitlines()[1:])
    return {int(point, 16): latin for point, latin in rows}


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
