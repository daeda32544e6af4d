"""Documents that are named on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> bytes | str:
    """Returns the bytes of a file, or one line that says why it cannot be read."""
    try:
        if path.is_dir():
            return f"{path}: is a folder; name the documents in it"
        return path.read_bytes()
    except FileNotFoundError:
        return f"{path}: no such file"
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror or type(error).__name__})"
