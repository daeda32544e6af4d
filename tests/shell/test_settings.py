import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from bot.core.errors import SettingsError
from bot.settings import Settings, read_settings

SECRET = "correct horse battery staple"
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY = _RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
LOCKED = _RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x" * 16)).decode()
CURVE = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
GOOD: dict[str, str | None] = {"APP_ID": "7", "PRIVATE_KEY": KEY, "WEBHOOK_SECRET": SECRET}


Fill = Callable[[dict[str, str | None]], None]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Fill:
    for name in list(os.environ):
        if name.startswith("GAPKEEPER_"):
            monkeypatch.delenv(name)

    def fill(values: dict[str, str | None]) -> None:
        for name, value in values.items():
            if value is not None:
                monkeypatch.setenv(f"GAPKEEPER_{name}", value)

    return fill


def test_the_three_required_variables_are_enough(environment: Fill) -> None:
    environment(GOOD)
    assert read_settings() == Settings(app_id=7, private_key=KEY, webhook_secrets=(SECRET,))


def test_every_variable_is_read(environment: Fill) -> None:
    environment(
        GOOD
        | {
            "WEBHOOK_SECRET": f"{SECRET}, {SECRET[::-1]},",
            "GITHUB_API_URL": "http://127.0.0.1:4001/",
            "DATABASE_URL": "postgresql://gap:keeper@db/gapkeeper",
            "HOST": "::1",
            "PORT": "0",
            "WRITE_SPACING_MS": "250",
            "LOG": "console",
            "METRICS": "true",
        }
    )
    assert read_settings() == Settings(
        app_id=7,
        private_key=KEY,
        webhook_secrets=(SECRET, SECRET[::-1]),
        github_api_url="http://127.0.0.1:4001",
        database_url="postgresql://gap:keeper@db/gapkeeper",
        host="::1",
        port=0,
        write_spacing_ms=250,
        log="console",
        metrics=True,
    )
    assert read_settings().write_spacing == 0.25


def test_secrets_are_read_from_files(environment: Fill, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    files = {"PRIVATE_KEY_FILE": str(tmp_path / "key"), "WEBHOOK_SECRET_FILE": str(tmp_path / "secret")}
    # An empty variable is how compose files spell "not set".
    environment({"APP_ID": "7", "PRIVATE_KEY": "", "HOST": "", **files})
    assert read_settings() == Settings(app_id=7, private_key=KEY, webhook_secrets=(SECRET,))


@pytest.mark.parametrize("spelled", [KEY.replace("\n", "\\n"), KEY.replace("\n", "\\r\\n"), KEY.strip(), f"\n{KEY}\n\n"])
def test_fault_107_a_key_on_one_line_is_mended(environment: Fill, spelled: str) -> None:
    environment(GOOD | {"PRIVATE_KEY": spelled})
    assert read_settings().private_key == KEY


FAULTS = [
    ("app-id-missing", {"APP_ID": None}, ["GAPKEEPER_APP_ID is not set"]),
    ("app-id-empty", {"APP_ID": ""}, ["GAPKEEPER_APP_ID is not set"]),
    ("app-id-word", {"APP_ID": "my-app"}, ["GAPKEEPER_APP_ID: input should be a valid integer"]),
    ("app-id-zero", {"APP_ID": "0"}, ["GAPKEEPER_APP_ID: input should be greater than 0"]),
    ("key-missing", {"PRIVATE_KEY": None}, ["GAPKEEPER_PRIVATE_KEY (or GAPKEEPER_PRIVATE_KEY_FILE) is not set"]),
    ("key-twice", {"PRIVATE_KEY_FILE": "/etc/hostname"}, ["PRIVATE_KEY_FILE): set one of the two, not both"]),
    ("key-file-unreadable", {"PRIVATE_KEY": None, "PRIVATE_KEY_FILE": "/nowhere/key"}, ["cannot be read: No such file"]),
    ("key-file-folder", {"PRIVATE_KEY": None, "PRIVATE_KEY_FILE": "/"}, ["cannot be read: Is a directory"]),
    ("key-in-file-variable", {"PRIVATE_KEY": None, "PRIVATE_KEY_FILE": KEY}, ["wants the path of a file, and got a key"]),
    ("key-not-pem", {"PRIVATE_KEY": "MIIEpAIBAAKCAQEA-canary"}, ["PRIVATE_KEY_FILE): is not a private key in PEM format"]),
    ("key-cut", {"PRIVATE_KEY": KEY[:400]}, ["holds no readable, unencrypted private key"]),
    ("key-encrypted", {"PRIVATE_KEY": LOCKED}, ["holds no readable, unencrypted private key"]),
    ("key-not-rsa", {"PRIVATE_KEY": CURVE}, ["is not an RSA key"]),
    ("secret-missing", {"WEBHOOK_SECRET": None}, ["GAPKEEPER_WEBHOOK_SECRET (or GAPKEEPER_WEBHOOK_SECRET_FILE) is not set"]),
    ("secret-empty", {"WEBHOOK_SECRET": ""}, ["GAPKEEPER_WEBHOOK_SECRET (or GAPKEEPER_WEBHOOK_SECRET_FILE) is not set"]),
    ("secret-commas", {"WEBHOOK_SECRET": " , "}, ["is empty; every delivery could be forged"]),
    ("secret-short", {"WEBHOOK_SECRET": "canary"}, ["is too short: each secret needs at least 8 characters"]),
    ("secret-one-short", {"WEBHOOK_SECRET": f"{SECRET},canary"}, ["is too short"]),
    (
        "secret-file-unreadable",
        {"WEBHOOK_SECRET": None, "WEBHOOK_SECRET_FILE": "canary-secret-itself"},
        ["WEBHOOK_SECRET_FILE): the file of _FILE cannot be read"],
    ),
    ("url-word", {"GITHUB_API_URL": "github"}, ["GAPKEEPER_GITHUB_API_URL: is not a URL such as"]),
    ("url-port", {"GITHUB_API_URL": "https://ghe.example:99999"}, ["GAPKEEPER_GITHUB_API_URL: is not a URL"]),
    ("url-brackets", {"GITHUB_API_URL": "https://[::1"}, ["GAPKEEPER_GITHUB_API_URL: is not a URL"]),
    (
        "url-http",
        {"GITHUB_API_URL": "http://ghe.example/api/v3"},
        ["must be https; http is accepted only for a loopback address"],
    ),
    ("url-http-private", {"GITHUB_API_URL": "http://10.0.0.1/api/v3"}, ["must be https"]),
    ("url-http-lookalike", {"GITHUB_API_URL": "http://localhost.example"}, ["must be https"]),
    ("url-userinfo", {"GITHUB_API_URL": "https://me:canary@ghe.example"}, ["must not carry a user or password"]),
    ("url-query", {"GITHUB_API_URL": "https://ghe.example?x=1"}, ["must not carry a query or fragment"]),
    (
        "database-mysql",
        {"DATABASE_URL": "mysql://root:canary@db/x"},
        ["GAPKEEPER_DATABASE_URL: must start with sqlite:/// or postgresql://"],
    ),
    ("database-driver", {"DATABASE_URL": "postgresql+psycopg://db/x"}, ["must start with sqlite:/// or postgresql://"]),
    ("database-postgres", {"DATABASE_URL": "postgres://me:canary@db/x"}, ["is spelled postgresql://"]),
    ("database-unnamed", {"DATABASE_URL": "postgresql://db/"}, ["names no database"]),
    ("database-memory", {"DATABASE_URL": "sqlite://"}, ["needs a file"]),
    ("database-memory-named", {"DATABASE_URL": "sqlite:///:memory:"}, ["needs a file"]),
    ("database-two-slashes", {"DATABASE_URL": "sqlite://gapkeeper.db"}, ["needs a file"]),
    ("host", {"HOST": "http://0.0.0.0"}, ["GAPKEEPER_HOST: is not a host name"]),
    ("port-high", {"PORT": "65536"}, ["GAPKEEPER_PORT: input should be less than or equal to 65535"]),
    ("port-word", {"PORT": "http"}, ["GAPKEEPER_PORT: input should be a valid integer"]),
    ("spacing", {"WRITE_SPACING_MS": "-1"}, ["GAPKEEPER_WRITE_SPACING_MS: input should be greater than or equal to 0"]),
    ("log", {"LOG": "xml"}, ["GAPKEEPER_LOG: input should be 'json' or 'console'"]),
    (
        "unknown-near",
        {"WEBHOK_SECRET": "canary"},
        ["GAPKEEPER_WEBHOK_SECRET is not known; did you mean GAPKEEPER_WEBHOOK_SECRET?"],
    ),
    ("unknown-far", {"COLOUR": "canary"}, ["GAPKEEPER_COLOUR is not known"]),
    (
        "all-at-once",
        {"APP_ID": None, "PRIVATE_KEY": "canary", "WEBHOOK_SECRET": "canary", "PORT": "no", "DATABASE_ULR": "x"},
        ["APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET", "PORT", "did you mean GAPKEEPER_DATABASE_URL?"],
    ),
]


@pytest.mark.parametrize(("change", "lines"), [row[1:] for row in FAULTS], ids=[f"#107-{row[0]}" for row in FAULTS])
def test_fault_107_each_fault_is_one_line_without_secrets(
    environment: Fill, change: dict[str, str | None], lines: list[str]
) -> None:
    environment(GOOD | change)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert len(caught.value.faults) == len(lines), caught.value.faults
    for fault, line in zip(caught.value.faults, lines, strict=True):
        assert line in fault
        assert fault.startswith("GAPKEEPER_")
        assert "\n" not in fault
    assert "canary" not in str(caught.value)
    assert KEY[60:100] not in str(caught.value)


def test_no_secret_shows_in_the_repr(environment: Fill) -> None:
    environment(GOOD | {"DATABASE_URL": "postgresql://gap:canary@db/gapkeeper"})
    shown = repr(read_settings())
    assert "app_id=7" in shown
    assert not any(secret in shown for secret in (SECRET, KEY[40:80], "canary"))


@pytest.mark.parametrize(("secrets", "weak"), [(("x" * 32,), False), (("x" * 31,), True), (("x" * 40, "short one"), True)])
def test_a_secret_that_might_be_guessed_is_weak(secrets: tuple[str, ...], weak: bool):
    assert Settings(app_id=1, private_key="key", webhook_secrets=secrets).weak_secrets is weak
