"""The environment → frozen `Settings`, all faults of the environment reported at once. Nothing else reads `os.environ`.

`Settings` is a plain value: the demo and the tests build it by hand. `read_settings` makes it from the environment, through
pydantic-settings, which is imported only then (it costs a quarter of a second). No fault quotes a value that may be a secret.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from bot.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import ValidationError

PREFIX = "GAPKEEPER_"
FROM_FILE = ("private_key", "webhook_secret")
"""What may also stand in a file, named by `<NAME>_FILE`: the mount of a container's secret."""

SHORTEST_SECRET, GOOD_SECRET = 8, 32
"""In characters: below the first a webhook secret is refused, below the second it is complained of at every start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process was told to run. Secrets, and the database's URL (it may hold a password), never show in its `repr`."""

    app_id: int
    private_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    github_api_url: str = "https://api.github.com"
    database_url: str = field(default="sqlite:///gapkeeper.db", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    write_spacing_ms: int = 1000
    log: Literal["json", "console"] = "json"
    metrics: bool = False
    coalesce_seconds: float = 1.0
    """How long a sync waits for more deliveries of its repository; not read from the environment."""
    dashboard_seconds: float = 60.0
    """How long a dashboard is left as it is after it was written; not read from the environment."""
    polling_seconds: float = 0.2
    """How often the engine looks for jobs; not read from the environment."""
    lease_seconds: float = 15.0
    """How long a silent worker is believed to live, where there can be several; not read from the environment."""

    @property
    def weak_secrets(self) -> bool:
        """Whether a webhook secret is so short that it might be guessed, given a delivery to try guesses on."""
        return any(len(secret) < GOOD_SECRET for secret in self.webhook_secrets)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown: the log masks it word by word."""
        return (self.private_key, *self.webhook_secrets, *_passwords(self.database_url))

    @property
    def write_spacing(self) -> float:
        """The seconds between two writes to GitHub."""
        return self.write_spacing_ms / 1000

    @property
    def settle_seconds(self) -> float:
        """How long GitHub's lists may lack an issue that was perhaps created; a GitHub of one's own shows it at once."""
        return 600.0 if self.write_spacing_ms else 0.0


def read_settings() -> Settings:
    """The settings of this process's environment; raises `SettingsError` with a line for every fault."""
    from pydantic import ValidationError

    faults = list(_unknown(os.environ))
    try:
        read = _environment()(**cast("dict[str, Any]", {}))
    except ValidationError as error:
        raise SettingsError((*_faults(error), *faults)) from None
    if faults:
        raise SettingsError(tuple(faults))
    values = read.model_dump(exclude_none=True)
    return Settings(webhook_secrets=_secrets(values.pop("webhook_secret")), **values)


@cache
def _environment() -> type[Any]:
    """The model that pydantic-settings fills; a function, so that importing this module does not import pydantic."""
    from pydantic import AfterValidator, Field
    from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

    class Source(EnvSettingsSource):
        """The environment; a secret that stands in a file is read from there, and what is wrong with it is its fault."""

        def __call__(self) -> dict[str, Any]:
            values = super().__call__()
            for name in FROM_FILE:
                inline, path = (self.env_vars.get(f"{PREFIX}{name}{end}".lower()) for end in ("", "_FILE"))
                if path is not None:
                    values[name] = _Unusable("set one of the two, not both") if inline is not None else _file(path)
            return values

    class Environment(BaseSettings):
        model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore")

        app_id: Annotated[int, Field(gt=0)]
        private_key: Annotated[str, _usable(), AfterValidator(_private_key)]
        webhook_secret: Annotated[str, _usable(), AfterValidator(_webhook_secret)]
        github_api_url: Annotated[str | None, AfterValidator(_if_given(_api_url))] = None
        database_url: Annotated[str | None, AfterValidator(_if_given(_database_url))] = None
        host: Annotated[str | None, AfterValidator(_if_given(_host))] = None
        port: Annotated[int | None, Field(ge=0, le=65535)] = None
        write_spacing_ms: Annotated[int | None, Field(ge=0, le=3_600_000)] = None
        log: Literal["json", "console"] | None = None
        metrics: bool | None = None

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_sources: Any, **_named: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (Source(settings_cls),)

    return Environment


@dataclass(frozen=True, slots=True)
class _Unusable:
    """Stands for a value that could not be had; its validator turns it into the fault of its variable."""

    reason: str


def _usable() -> Any:
    from pydantic import BeforeValidator

    def refuse(value: object) -> object:
        if isinstance(value, _Unusable):
            raise ValueError(value.reason)  # noqa: TRY004  pydantic collects ValueErrors only
        return value

    return BeforeValidator(refuse)


def _if_given(check: Callable[[str], str]) -> Callable[[str | None], str | None]:
    return lambda value: None if value is None else check(value)


def _file(path: str) -> str | _Unusable:
    """The file's text. The path stays out of the fault: people put the secret itself there by mistake."""
    if "-----BEGIN" in path:
        return _Unusable("_FILE wants the path of a file, and got a key")
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        return _Unusable(f"the file of _FILE cannot be read: {error.strerror}")
    except ValueError:
        return _Unusable("the file of _FILE is not text")


def _private_key(value: str) -> str:
    r"""A PEM key that can be loaded; `\n` spelled as two characters, as `.env` files and dashboards force it, is a line end."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = value.replace("\\r", "").replace("\\n", "\n").strip() + "\n"
    if not key.startswith("-----BEGIN"):
        raise ValueError("is not a private key in PEM format (-----BEGIN RSA PRIVATE KEY----- …)")
    try:
        loaded = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("looks like PEM, but holds no readable, unencrypted private key; is it complete?") from None
    if not isinstance(loaded, RSAPrivateKey):
        raise ValueError("is not an RSA key; GitHub Apps sign with RSA")  # noqa: TRY004  pydantic collects ValueErrors only
    return key


def _secrets(value: str) -> tuple[str, ...]:
    return tuple(secret for part in value.split(",") if (secret := part.strip()))


def _webhook_secret(value: str) -> str:
    secrets = _secrets(value)
    if not secrets:
        raise ValueError("is empty; every delivery could be forged")
    if any(len(secret) < SHORTEST_SECRET for secret in secrets):
        raise ValueError(f"is too short: each secret needs at least {SHORTEST_SECRET} characters (openssl rand -hex 32)")
    return value


def _api_url(value: str) -> str:
    """Without a trailing slash. https, because tokens travel on it; http only to this very machine (tests, the emulator)."""
    url = _split(value)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError("is not a URL such as https://api.github.com or https://HOST/api/v3")
    if url.username is not None or url.password is not None:
        raise ValueError("must not carry a user or password")
    if url.query or url.fragment:
        raise ValueError("must not carry a query or fragment")
    if url.scheme == "http" and not _loopback(url.hostname):
        raise ValueError("must be https; http is accepted only for a loopback address")
    return value.rstrip("/")


def _split(value: str) -> SplitResult:
    try:
        url = urlsplit(value)
        _ = url.port  # parsed on access: a bad one raises
    except ValueError:
        raise ValueError("is not a URL") from None
    return url


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _database_url(value: str) -> str:
    url = _split(value)
    match url.scheme:
        case "sqlite":
            if url.netloc or url.path.removeprefix("/") in {"", ":memory:"}:
                raise ValueError("needs a file: sqlite:///gapkeeper.db (relative) or sqlite:////var/lib/gapkeeper.db (absolute)")
        case "postgresql":
            if not url.path.removeprefix("/"):
                raise ValueError("names no database: postgresql://user@host/database")
        case "postgres":
            raise ValueError("is spelled postgresql://, not postgres://")
        case _:
            raise ValueError("must start with sqlite:/// or postgresql://")
    return value


def _passwords(database_url: str) -> tuple[str, ...]:
    """The password of a database's URL as it stands there and as it is meant, wherever it stands."""
    url = urlsplit(database_url)
    asked = parse_qs(url.query).get("password", [])
    return tuple(form for word in (url.password or "", *asked) if word for form in (word, unquote(word)))


def _host(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z.:_-]+", value):
        raise ValueError("is not a host name or address to listen on")
    return value


def _faults(error: ValidationError) -> list[str]:
    """A line for each fault, beginning with its variable. pydantic's own messages do not quote the input."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(fault["loc"][0])
        variable = (PREFIX + name).upper()
        if name in FROM_FILE:
            variable = f"{variable} (or {variable}_FILE)"
        message = fault["msg"].removeprefix("Value error, ")
        match fault["type"]:
            case "missing":
                lines.append(f"{variable} is not set")
            case "value_error":
                lines.append(f"{variable}: {message}")
            case _:
                lines.append(f"{variable}: {message[:1].lower()}{message[1:]}")
    return lines


def _unknown(environment: Mapping[str, str]) -> list[str]:
    """A line for each variable that carries our prefix and no known name: a typing slip must not silently mean the default."""
    from rapidfuzz import process

    known = [(PREFIX + name).upper() for name in _environment().model_fields]
    known += [f"{PREFIX}{name}_FILE".upper() for name in FROM_FILE]
    lines = []
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = process.extractOne(name.upper(), known, score_cutoff=80)
            lines.append(f"{name} is not known" + (f"; did you mean {near[0]}?" if near else ""))
    return lines
