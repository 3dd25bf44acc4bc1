"""A collection that goes on after an interruption ends as one that was never interrupted, or says what changed."""

import io
from typing import Any

import msgspec
import pytest

from auditor.collectors.live.collect import Wanted, collect, snapshot
from auditor.collectors.live.journal import Journal
from auditor.errors import LiveError
from tests.azure_simulator import Fault, Kind
from tests.collectors.live.collecting import HUB, Unseen, session_with, simulated, tenant, wanted

Json = dict[str, Any]


def begun(found: Json, what: Wanted, *faults: Fault) -> io.BytesIO:
    """Return the file of a journal whose run was ended by a fault."""
    file = io.BytesIO()
    journal = Journal.begin(file, what.header("2026-01-31T09:00:00Z"))
    with simulated(found, *faults) as azure, session_with(azure) as session, pytest.raises(LiveError):
        collect(session, what, journal, Unseen())
    file.seek(0)
    return file


def gone_on(file: io.BytesIO, found: Json, what: Wanted) -> Json:
    """Return the snapshot of a run that goes on with a journal."""
    journal = Journal.resume(file, "x.partial")
    with simulated(found) as azure, session_with(azure) as session:
        collect(session, what, journal, Unseen())
    read: Json = msgspec.json.decode(b"".join(snapshot(journal)))
    return read


CUT = Fault(kind=Kind.TRUNCATED, path=".*/resources", query="^resources", times=None)


def test_access_that_was_lost_before_going_on_is_a_gap() -> None:
    """A subscription that the identity saw yesterday, and does not see today, is missing and said to be."""
    file = begun(tenant(), wanted(), CUT)
    closed = {"what": "*", "scope": f"/subscriptions/{HUB}", "why": "closed", "needs": ""}

    found = gone_on(file, tenant() | {"gaps": [closed]}, wanted())

    assert not [each for each in found["resources"] if HUB in each["id"]]
    assert f"subscription {HUB} is not there for this identity, and it was asked for" in [
        each["why"] for each in found["gaps"]
    ]
