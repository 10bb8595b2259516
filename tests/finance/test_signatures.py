import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.finance.errors import SignatureInvalid
from almoner.finance.signatures import public_key, require_signature, sign_bytes

RFC_8032 = [  # section 7.1, tests 1 to 3: secret, public, message, signature
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize("vector", RFC_8032)
def test_the_vectors_of_the_standard(vector: tuple[str, ...]) -> None:
    secret, public, message, signature = (bytes.fromhex(part) for part in vector)
    assert public_key(secret) == public
    assert sign_bytes(secret, message) == signature
    require_signature(public, message, signature, "lab")


@settings(max_examples=50)
@given(content=st.binary(max_size=64), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_byte_of_key_content_or_signature_may_change(content: bytes, place: int, bit: int) -> None:
    secret = bytes(range(32))
    parts = [public_key(secret), content, sign_bytes(secret, content)]
    require_signature(parts[0], parts[1], parts[2], "lab")
    which = place % 3 if content else (place % 2) * 2
    forged = bytearray(parts[which])
    forged[place % len(forged)] ^= 1 << bit
    parts[which] = bytes(forged)
    with pytest.raises(SignatureInvalid, match="The signature of lab does not fit"):
        require_signature(parts[0], parts[1], parts[2], "lab")


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        require_signature(key, b"x", bytes(64), "lab")
    with pytest.raises(SignatureInvalid):
        require_signature(public_key(bytes(32)), b"x", key, "lab")
