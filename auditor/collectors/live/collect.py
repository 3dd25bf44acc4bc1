"""Collects a snapshot from Azure: scope, discovery, lists of Azure's own, confirmation, and the document itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from auditor import __version__
from auditor.collectors.live.confirming import confirm
from auditor.collectors.live.discovery import discover, follow
from auditor.collectors.live.environments import read_dependency_lists, read_service_tags
from auditor.collectors.live.journal import Journal
from auditor.collectors.live.reading import Progress, Reading, Session
from auditor.collectors.live.redaction import Redactor
from auditor.collectors.live.scope import Asked, find_scope, subscription_path
from auditor.collectors.shapes import SNAPSHOT_SCHEMA
from auditor.findings import Gap

COLLECTOR = f"azure-egress-auditor {__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to collect, and how. confirmed: whether to read the deciding resources again where they are kept."""

    asked: Asked
    cloud: str
    confirmed: bool = False

    def header(self, collected_at: str) -> dict[str, Any]:
        """Return what the journal of this collection starts with."""
        return {
            "collected_at": collected_at,
            "collector": COLLECTOR,
            "cloud": self.cloud,
            "asked": list(self.asked.names),
            "confirmed": self.confirmed,
        }


def collect(session: Session, wanted: Wanted, journal: Journal, progress: Progress) -> None:
    """Read everything that is wanted into the journal. Raises LiveError where nothing can be read."""
    reading = Reading(session, journal, progress)
    progress.stage("scope")
    discover(reading, wanted.asked, find_scope(session, wanted.asked))
    if wanted.confirmed and confirm(reading):
        follow(reading)
    read_dependency_lists(reading)
    read_service_tags(reading)


def snapshot(journal: Journal) -> Iterator[bytes]:
    """Yield the snapshot of what was read, as JSON, piece by piece; the same for the same, whatever the order."""
    yield from _resources(journal, journal.scope, (journal.encoded(at) for at in journal.ids()))
    yield _rest(journal, journal.gaps, journal.skew)


def redacted(journal: Journal) -> Iterator[bytes]:
    """Yield the snapshot of what was read with pseudonyms for names and subscription ids."""
    ids = journal.ids()
    # What was asked for first: more documents in other subscriptions tomorrow shall not change every pseudonym.
    places = map(subscription_path, (*sorted(journal.scope), *ids))
    redactor = Redactor(next(filter(None, places), ""))
    documents = (msgspec.json.encode(redactor.document(journal.document(at))) for at in ids)
    yield from _resources(journal, map(redactor.arm_id, journal.scope), documents)
    # Which words in the texts of gaps are names is known once every document was seen.
    yield _rest(journal, map(redactor.gap, journal.gaps), map(redactor.arm_id, journal.skew))


def _resources(journal: Journal, scope: Iterable[str], documents: Iterable[bytes]) -> Iterator[bytes]:
    told = {name: journal.header[name] for name in ("collected_at", "collector", "cloud")}
    top = {"schema": SNAPSHOT_SCHEMA, **told, "scope": sorted(scope)}
    yield msgspec.json.encode(top)[:-1] + b',\n"resources":['
    separator = b"\n"
    for each in documents:
        yield separator + each
        separator = b",\n"
    yield b"\n],\n"


def _rest(journal: Journal, gaps: Iterable[Gap], skew: Iterable[str]) -> bytes:
    rest: dict[str, Any] = {"service_tags": journal.tag_lists, "gaps": sorted(gaps)}
    lagged = sorted(skew)
    if lagged:
        rest["skew"] = lagged
    return msgspec.json.encode(rest)[1:] + b"\n"
