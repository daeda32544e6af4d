"""What the emulator knows at first: an App with a key made for this run, some people, one organization and one repository.

The App is installed on all of the organization's repositories, also on those that a test makes later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ADMIN = "alice"
WRITER = "bob"
READER = "carol"
STRANGER = "dave"
OWNER = "acme"
REPOSITORY = f"{OWNER}/app"

_NOBODY = "nobody"
_EVENTS = [
    "push",
    "issues",
    "issue_comment",
    "pull_request",
    "check_run",
    "check_suite",
    "label",
    "milestone",
    "create",
    "delete",
]
_PERMISSIONS = {"contents": "write", "issues": "write", "checks": "write", "pull_requests": "write", "metadata": "read"}


def token_of(login: str) -> str:
    """Returns the personal token of one of the people."""
    return f"tok_{login}"


def new_private_key() -> str:
    """Returns a fresh RSA key as PKCS#1 PEM, the only form that the emulator reads."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@dataclass(frozen=True, slots=True)
class Seed:
    """The App and its installation, and the emulator's first state made of them."""

    app_id: int = 4242
    slug: str = "gapkeeper"
    installation: int = 100
    private_key: str = field(default_factory=new_private_key, repr=False)

    @property
    def bot(self) -> str:
        """The login under which the App acts."""
        return f"{self.slug}[bot]"

    def document(self, *, hook_url: str) -> dict[str, Any]:
        """Returns the seed in the emulator's own form.

        The emulator takes every unknown or expired token for the *first* user: that one must be a nobody.
        """
        people = (ADMIN, WRITER, READER, STRANGER)
        return {
            "tokens": {token_of(login): {"login": login, "scopes": ["repo", "user", "admin:org"]} for login in people},
            "github": {
                "users": [
                    {"login": login, "name": login.title(), "email": f"{login}@example.com"} for login in (_NOBODY, *people)
                ],
                "orgs": [{"login": OWNER, "name": "Acme", "members": [{"login": ADMIN, "role": "admin"}]}],
                "repos": [{"owner": OWNER, "name": "app", "private": True, "auto_init": True, "default_branch": "main"}],
                "apps": [
                    {
                        "app_id": self.app_id,
                        "slug": self.slug,
                        "name": "Gapkeeper",
                        "private_key": self.private_key,
                        "permissions": _PERMISSIONS,
                        "events": _EVENTS,
                        "webhook_url": hook_url,
                        "installations": [
                            {
                                "installation_id": self.installation,
                                "account": OWNER,
                                "repository_selection": "all",
                            }
                        ],
                    }
                ],
            },
        }
