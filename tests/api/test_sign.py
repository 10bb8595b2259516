"""Signing the bytes a page gives, at the command line."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from almoner.api.cli.entry import main
from almoner.finance.signatures import public_key


def test_the_signature_of_a_file_is_that_of_its_exact_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "to-sign.bin", tmp_path / "lab.key"
    file.write_bytes(b"412 days\r\n\x00")
    key.write_text("07" * 32)
    key.chmod(0o600)
    assert main(["sign", str(file), "--key", str(key)]) == 0
    plain = capsys.readouterr().out.strip()
    Ed25519PublicKey.from_public_bytes(public_key(b"\x07" * 32)).verify(
        bytes.fromhex(plain), file.read_bytes()
    )
    assert main(["sign", str(file), "--key", str(key), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["signature"] == plain


def test_a_file_that_holds_no_key_is_refused_and_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x"
    file.write_text("a secret that is none")
    assert main(["sign", str(file), "--key", str(file)]) == 2
    assert "a secret" not in capsys.readouterr().err
