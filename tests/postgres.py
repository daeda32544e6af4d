"""A PostgreSQL server for tests: made from the installed `initdb` and `pg_ctl` on a free loopback port, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Cluster:
    """A running server that lets anybody on this machine in."""

    port: int
    numbers: count[int]

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database."""
        import psycopg

        name = f"gapkeeper_{next(self.numbers)}"
        server = f"postgresql://postgres@127.0.0.1:{self.port}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
            yield f"{server}/{name}"
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """A server with its data in `folder`; it refuses to run as root, so it then runs as `nobody`."""
    initdb, pg_ctl = shutil.which("initdb"), shutil.which("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("PostgreSQL's initdb and pg_ctl are not installed")
    user: dict[str, int | list[int]] = {}
    data = folder / "data"
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, -1)
    port = _free_port()

    def run(*command: str) -> None:
        log = (folder / "log.txt").open("ab")
        with log:
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=folder, timeout=60, **user)  # type: ignore[call-overload]  # the same three options in every case

    run(initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200"
    run(pg_ctl, "-D", str(data), "-w", "-l", str(folder / "server.txt"), "-o", options, "start")
    try:
        yield Cluster(port, count(1))
    finally:
        run(pg_ctl, "-D", str(data), "-m", "immediate", "stop")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
