"""Audits documents the way the command does, without files: for tests of the engine."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from types import MappingProxyType

from auditor.checks import Check
from auditor.collectors.rules import pack_names, read_checks, read_pack
from auditor.engine.audit import Audited, audit
from auditor.estate.estate import build_estate
from auditor.estate.snapshot import Snapshot
from auditor.findings import Finding, Gap, Outcome
from auditor.packs import Kind, Pack, Requirement, edition_in_force
from auditor.settings import Settings
from tests.builders import Document

NEWEST = "2023-11-20"
PLAIN = Settings()


@cache
def packs_of(edition: str | None = NEWEST, as_of: date | None = None) -> tuple[Pack, ...]:
    """Return an edition of the ASE pack, or the one in force on a day, with its companion of management addresses."""
    names = pack_names()
    main = edition_in_force(names, "ase-v2", "public", as_of, None if as_of else edition)
    pack = read_pack(main)
    companion = edition_in_force(names, pack.companion or "", "public", as_of or main.day)
    return pack, read_pack(companion)


@cache
def every_check() -> MappingProxyType[str, Check]:
    """Return the checks that ship with the product."""
    return read_checks()


def snapshot_of(documents: Iterable[Document], *, tags: Iterable[Document] = (), gaps: Iterable[Gap] = ()) -> Snapshot:
    """Return documents as a collector delivers them. tags: service tag lists; gaps: what could not be read."""
    return Snapshot(resources=tuple(documents), service_tags=tuple(tags), gaps=tuple(gaps), sources=())


def audit_documents(  # noqa: PLR0913 - all that steers an audit
    documents: Iterable[Document],
    *,
    edition: str = NEWEST,
    settings: Settings = PLAIN,
    as_of: date | None = None,
    tags: Iterable[Document] = (),
    gaps: Iterable[Gap] = (),
) -> Audited:
    """Audit documents against an edition of the ASE pack, or against the one in force on a day."""
    return audit_snapshot(snapshot_of(documents, tags=tags, gaps=gaps), edition=edition, settings=settings, as_of=as_of)


def audit_snapshot(
    snapshot: Snapshot, *, edition: str = NEWEST, settings: Settings = PLAIN, as_of: date | None = None
) -> Audited:
    """Audit a snapshot."""
    return audit(build_estate(snapshot), {"public": packs_of(edition, as_of)}, settings, every_check())


def requirements_of(edition: str) -> tuple[Requirement, ...]:
    """Return every requirement of an edition and its companion."""
    return tuple(each for pack in packs_of(edition) for each in pack.requirements)


def of_kind(edition: str, *kinds: Kind) -> set[str]:
    """Return the ids of the requirements of some kinds that always apply."""
    return {each.id for each in requirements_of(edition) if each.kind in kinds and each.condition is None}


def checks_of(audited: Audited) -> list[str]:
    """Return the check of every finding, in the order of the report."""
    return [each.check for each in audited.findings]


def finding(audited: Audited, check: str) -> Finding:
    """Return the one finding of a check."""
    (found,) = [each for each in audited.findings if each.check == check]
    return found


def outcomes(audited: Audited) -> dict[str, Outcome]:
    """Return the outcome of every requirement, of an audit of one workload."""
    return {each.requirement: each.outcome for each in audited.results}


def with_outcome(audited: Audited, *wanted: Outcome) -> set[str]:
    """Return the requirements that came out in one of some ways."""
    return {each.requirement for each in audited.results if each.outcome in wanted}


def failing(audited: Audited) -> set[str]:
    """Return the requirements that do not hold as documented, or are not known to."""
    return with_outcome(audited, Outcome.FAIL, Outcome.DEVIATES, Outcome.UNKNOWN)
