"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on a socket there, gone in the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

INSTALL = "PostgreSQL is not installed here; on Debian and Ubuntu: apt-get install postgresql"
_SYSTEM = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of the server, which are not on the PATH."""


@dataclass(slots=True)
class Cluster:
    """A running server. folder: where its socket is."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str = "postgres") -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self, template: str = "template0") -> str:
        """Make a database that nobody else uses; return its URL."""
        name = f"history_{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)


def programs() -> Path | None:
    """Return the folder of the newest server that is installed; None where there is none."""
    found = shutil.which("initdb") if os.geteuid() else None
    places = sorted(_SYSTEM.glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    return places[-1].parent if places else Path(found).parent if found else None


def _user() -> str | None:
    """Return whom the server is to run as; None for the user of this process. It refuses to run as root."""
    if os.geteuid():
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return next(each for each in ("postgres", "nobody") if each in known)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server, and end it. What it is told to write is not forced onto the disk: it never outlives a test."""
    at = programs()
    if at is None:
        if os.environ.get("CI"):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    user = _user()
    with tempfile.TemporaryDirectory(prefix="auditor-pg-", dir="/tmp") as name:  # the path of a socket must be short
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user)
        run(
            user, str(at / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"
        )
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=40"
        control = (str(at / "pg_ctl"), "-D", f"{folder}/data", "-w")
        run(user, *control, "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield Cluster(folder)
        finally:
            run(user, *control, "-m", "immediate", "stop")


def run(user: str | None, *command: str) -> None:
    """Run one of its programs as a user, quietly. What goes wrong fails the test, with what it said."""
    done = subprocess.run(
        command,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        stdout=subprocess.DEVNULL if command[-1] == "start" else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
