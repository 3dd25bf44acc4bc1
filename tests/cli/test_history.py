"""`auditor history`: audits recorded by the command itself, and what is then told of them."""

import gzip
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import CHECKOUT, as_ordinary_user, call, refused, save
from tests.cli.running import document
from tests.estates import Draft
from tests.reporters.log_parser import azure_commands, github_commands
from tests.reporters.samples import HOSTILE

COMPLIANT = str(CHECKOUT / "rules" / "examples" / "compliant")
ROUTE = "40.77.24.27/32"
CHECK = "missing-documented-route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A history to ask. url: of the store. broken: the estate without a route, as a file."""

    url: str
    broken: str

    def ask(self, *arguments: str) -> str:
        """Return what a command of `auditor history` prints; it must end well."""
        done = call("history", *arguments, "--history", self.url)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def told(self, *arguments: str) -> dict[str, Any]:
        """Return the JSON that a command prints, which must be what the schema describes."""
        return document(self.ask(*arguments, "--format", "json"), "history")

    def refuses(self, *arguments: str) -> str:
        """Return the one line of the error that a command ends in."""
        return refused("history", *arguments, "--history", self.url)


def broken() -> Draft:
    """Return the compliant estate without one documented route."""
    draft = Draft()
    draft.drop_route(ROUTE)
    return draft


def record(url: str, source: str, job: str, *arguments: str) -> None:
    """Record an audit."""
    done = call("audit", source, "--record", "--history", url, "--job", job, *arguments, "-o", "/dev/null")
    assert (done.code in {0, 1, 3}, done.err) == (True, ""), done
