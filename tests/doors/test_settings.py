"""Settings: what no server starts with, and that no message shows a secret."""

from pathlib import Path
from secrets import token_hex

import pytest

from almoner.api.errors import SettingsInvalid
from almoner.api.settings import SECRETS, Settings, read_settings
from almoner.api.tokens import new_pem

GOOD = {
    "secret": token_hex(32),
    "signing_keys": new_pem(),
    "seal_key": token_hex(32),
    "vault_keys": f"{token_hex(32)} {token_hex(32)}",
    "people_key": token_hex(32),
    "metrics_token": token_hex(32),
}


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALMONER_SECRETS_DIR", str(tmp_path))


def settings(**other: object) -> Settings:
    return read_settings(**{**GOOD, **other})


def test_good_settings_are_taken_and_printed_without_a_secret() -> None:
    found = settings()
    assert found.signs_in
    assert len(found.pems) == 1
    assert len(found.vault) == 2
    assert not any(one in repr(found) for value in GOOD.values() for one in value.split())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        *((name, "", "is missing") for name, needed in SECRETS.items() if needed),
        ("secret", "k" * 40, "1 different characters"),
        ("secret", "short-but-fine", "14 characters"),
        ("secret", "please-change-me-before-you-go-live-1234", "of an example"),
        ("secret", GOOD["metrics_token"], "two secrets are the same"),
        ("seal_key", "00" * 32, "1 different characters"),
        ("seal_key", "0123456789abcdef" * 3, "48 characters"),
        ("vault_keys", f"{GOOD['people_key'][:-1]}x", "64 hexadecimal digits"),
        ("vault_keys", GOOD["people_key"], "two secrets are the same"),
        ("metrics_token", "1234567890", "10 characters"),
        ("signing_keys", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "signing key"),
        ("signing_keys", "no key at all", "signing key"),
        ("db", "", "ALMONER_DB is missing"),
        ("proxies", "10.0.0.0/8, nowhere", "ALMONER_PROXIES"),
        ("url", "almoner.example.org", "ALMONER_URL"),
        ("port", 99999, "ALMONER_PORT"),
    ],
)
def test_a_missing_or_guessable_setting_is_refused_by_name(name: str, value: object, said: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        settings(**{name: value})
    assert said in refused.value.message
    assert f"ALMONER_{name.upper()}" in refused.value.message or "two secrets" in said
    shown = str(refused.value.figures) + refused.value.message
    assert not any(one in shown for given in GOOD.values() for one in given.split())
    assert not value or name == "proxies" or str(value) not in shown


def test_messages_to_this_machine_are_let_out_in_a_trial_on_this_machine_only() -> None:
    assert settings(outbound_local=True).outbound_local
    with pytest.raises(SettingsInvalid, match="OUTBOUND_LOCAL"):
        settings(outbound_local=True, host="0.0.0.0")  # noqa: S104  # what is refused


def test_an_issuer_switches_passwords_off_and_needs_no_signing_key() -> None:
    abroad = {"oidc_issuer": "https://id.example.org", "oidc_audience": "almoner", "signing_keys": ""}
    assert not settings(**abroad).signs_in
    assert settings(**{**abroad, "signing_keys": GOOD["signing_keys"], "password_sign_in": True}).signs_in
    with pytest.raises(SettingsInvalid, match="ALMONER_SIGNING_KEYS is missing"):
        settings(**abroad, password_sign_in=True)
    with pytest.raises(SettingsInvalid, match="ALMONER_OIDC_AUDIENCE"):
        settings(**{**abroad, "oidc_audience": ""})


def test_a_file_gives_what_the_environment_does_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in GOOD.items():
        (tmp_path / f"almoner_{name}").write_text(f"{value}\n")
    monkeypatch.setenv("ALMONER_SECRET", "of-the-environment-" + token_hex(16))
    monkeypatch.setenv("ALMONER_PROXIES", "10.0.0.0/8,192.168.0.0/16")
    found = read_settings()
    assert found.secret.get_secret_value().startswith("of-the-environment-")
    assert found.seal_key.get_secret_value() == GOOD["seal_key"]
    assert found.proxies == ("10.0.0.0/8", "192.168.0.0/16")
    monkeypatch.setenv("ALMONER_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsInvalid, match="no folder"):
        read_settings()
