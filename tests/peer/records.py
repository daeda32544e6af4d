"""What the peer saw: the calls that came in, and the deliveries that went out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.peer.seed import token_of

WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
_TOKEN_PATH = "/access_tokens"
_PERSON = token_of("")


class Caller(StrEnum):
    """Who called, told by the token."""

    APP = "app"
    INSTALLATION = "installation"
    PERSON = "person"
    ANONYMOUS = "anonymous"

    @classmethod
    def of(cls, authorization: str) -> Caller:
        """Returns who sent this `Authorization` header."""
        token = authorization.rpartition(" ")[2]
        if token.startswith("ghs_"):
            return cls.INSTALLATION
        if token.startswith(_PERSON):
            return cls.PERSON
        return cls.APP if token.count(".") == 2 else cls.ANONYMOUS


@dataclass(slots=True)
class Call:
    """One request; `status` is None while it is open, and 0 where the answer was cut off."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    caller: Caller
    status: int | None = None

    @property
    def writes(self) -> bool:
        """Tells whether the call may change something on GitHub; minting a token does not."""
        return self.method in WRITES and not self.mints

    @property
    def mints(self) -> bool:
        """Tells whether the call asks for an installation token."""
        return self.path.endswith(_TOKEN_PATH)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


@dataclass(slots=True)
class Delivery:
    """One webhook as it goes out. A redelivery is a delivery of its own with the `guid` of the first."""

    id: int
    guid: str
    event: str
    raw: bytes
    payload: dict[str, Any]
    delivered_at: str
    redelivery: bool = False
    status: str = "pending"
    status_code: int = 0
    headers: dict[str, str] = field(default_factory=dict)
