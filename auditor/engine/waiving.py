"""Which findings are accepted: each waiver marks those that it fits, until its last day is over, and is told of."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import translate
from functools import cache

from auditor.checks import Check
from auditor.engine.filing import fingerprint, worst_first
from auditor.findings import Finding, Level, without_edition
from auditor.waivers import Waiver, WaiverState, WaiverUse

CHECK = "expired-waiver"

_Fits = Callable[[str], bool]
_LEVELS = tuple(Level)


def waive(
    findings: Iterable[Finding],
    waivers: Collection[Waiver],
    today: date,
    checks: Mapping[str, Check],
    levels: Mapping[str, Level],
) -> tuple[tuple[Finding, ...], tuple[WaiverUse, ...]]:
    """Return the findings, marked where a waiver covers them, with one more for each waiver that has expired.

    And what became of each waiver, sorted. levels: what the user set, over the level of the check.
    """
    found = worst_first(findings, checks)
    fitting = _fitting(waivers, found)
    outgrown = _outgrown(waivers, found)
    covered: dict[str, Waiver] = {}
    for waiver in sorted(fitting, key=_lasting):
        for each in () if waiver.expired(today) else fitting[waiver]:
            covered.setdefault(each.id, waiver)
    marked = [_marked(each, covered.get(each.id), outgrown, today) for each in found]
    told = [
        _expiry(lapsed, [each for each in fitting[lapsed[0]] if each.id not in covered], checks[CHECK], levels)
        for lapsed in _lapsed(each for each in fitting if each.expired(today))
    ]
    uses = tuple(_use(waiver, fitted, outgrown.get(waiver), today) for waiver, fitted in fitting.items())
    return tuple(worst_first([*marked, *told], checks)), uses


def fits(waiver: Waiver, finding: Finding) -> bool:
    """Tell whether a waiver speaks of a finding, whatever its date."""
    return _judge(waiver, _names_of([finding]))(finding)


def _fitting(waivers: Collection[Waiver], findings: Sequence[Finding]) -> dict[Waiver, tuple[Finding, ...]]:
    """Return the findings that each waiver speaks of, by waiver, sorted."""
    by_id = {each.id: (each,) for each in findings}
    names = _names_of(findings) if any(each.requirements for each in waivers) else frozenset()
    found: dict[Waiver, tuple[Finding, ...]] = {}
    for waiver in sorted(set(waivers)):
        among = by_id.get(waiver.finding, ()) if waiver.finding else findings
        found[waiver] = tuple(filter(_judge(waiver, names), among))
    return found


def _outgrown(waivers: Iterable[Waiver], findings: Iterable[Finding]) -> dict[Waiver, Finding]:
    """Return the findings that have become worse than what was accepted, by the waiver that names them."""
    by_id = {each.id: each for each in findings}
    named = {each: by_id[each.finding] for each in waivers if each.finding in by_id}
    return {waiver: finding for waiver, finding in named.items() if not _within(waiver, finding)}


def _within(waiver: Waiver, finding: Finding) -> bool:
    """Tell whether a finding is no worse than what a waiver of it accepts."""
    worst = _LEVELS.index(waiver.level) if waiver.level else 0
    return _LEVELS.index(finding.level) >= worst and (not waiver.up_to or len(finding.requirements) <= waiver.up_to)


def _marked(finding: Finding, covering: Waiver | None, outgrown: Mapping[Waiver, Finding], today: date) -> Finding:
    """Return a finding with the waiver that covers it, or with a word on one that it has outgrown."""
    if covering is not None:
        return replace(finding, waiver=covering.text)
    past = sorted(waiver for waiver, each in outgrown.items() if each.id == finding.id and not waiver.expired(today))
    lines = [f"worse than what was accepted, which was {each.covers}: {each.text}" for each in past]
    return replace(finding, evidence=(*finding.evidence, *lines)) if lines else finding


def _names_of(findings: Iterable[Finding]) -> frozenset[str]:
    """Return the requirements that findings name, whole and without their edition, in lower case."""
    names = {name for each in findings for name in each.requirements}
    return frozenset(each.lower() for each in (*names, *map(without_edition, names)))


def _judge(waiver: Waiver, names: frozenset[str]) -> Callable[[Finding], bool]:
    """Return what tells whether a waiver speaks of a finding: each of its fields that names anything must fit.

    names: of requirements, in lower case; a pattern that is one of them means that one alone, stars and all.
    """
    if waiver.finding:
        return lambda finding: finding.id == waiver.finding and _within(waiver, finding)
    check, requirements = _texts(waiver.checks), _texts(waiver.requirements, names)
    workload, resource = _places(waiver.workloads), _places(waiver.resources)

    def judge(finding: Finding) -> bool:
        return (
            check(finding.check)
            and workload(finding.workload)
            and resource(finding.resource)
            and (not waiver.requirements or _all_fit(requirements, finding.requirements))
        )

    return judge


def _all_fit(fits_one: _Fits, requirements: Sequence[str]) -> bool:
    """Tell whether every requirement of a finding that has any fits, whole or without its edition."""
    return bool(requirements) and all(fits_one(each) or fits_one(without_edition(each)) for each in requirements)


def _texts(patterns: Sequence[str], names: frozenset[str] = frozenset()) -> _Fits:
    """Return what tells, and remembers, whether a text fits one of the patterns, or there are none.

    names: patterns that are to be taken as they stand.
    """
    lowered = [each.lower() for each in patterns]
    compiled = [re.compile(re.escape(each) + r"\Z" if each in names else translate(each)).match for each in lowered]
    return cache(lambda text: not compiled or any(match(text.lower()) for match in compiled))


def _places(patterns: Sequence[str]) -> _Fits:
    """Return what tells whether an ARM id fits: by its name, or, for a pattern with a slash, by its path or the id."""
    names = [each for each in patterns if "/" not in each]
    paths = [each for each in patterns if "/" in each]
    name, path = _texts(names), _texts(paths)

    def judge(arm_id: str) -> bool:
        if not patterns:
            return True
        by_name = bool(names) and name(arm_id.rpartition("/")[2])
        return by_name or (bool(paths) and (path(arm_id) or path(_path(arm_id.lower()))))

    return cache(judge)


def _path(arm_id: str) -> str:
    """Return the name of a resource with those of its parents before it, as the console report shows it."""
    _, found, rest = arm_id.rpartition("/providers/")
    return "/".join(rest.split("/")[2::2]) if found else arm_id


def _lasting(waiver: Waiver) -> tuple[int, Waiver]:
    """Order waivers: the one that lasts longest first."""
    return -waiver.until.toordinal(), waiver


def _use(waiver: Waiver, fitting: Sequence[Finding], outgrown: Finding | None, today: date) -> WaiverUse:
    state = WaiverState.IN_USE if fitting else WaiverState.OUTGROWN if outgrown else WaiverState.UNMATCHED
    return WaiverUse(
        waiver=waiver,
        state=WaiverState.EXPIRED if waiver.expired(today) else state,
        findings=tuple(each.id for each in (*fitting, *([outgrown] if outgrown else []))),
    )


def _lapsed(expired: Iterable[Waiver]) -> Iterable[list[Waiver]]:
    """Return those expired waivers together that speak of the same and ended on the same day: it is one lapse."""
    found: dict[tuple[str, date], list[Waiver]] = {}
    for each in expired:
        found.setdefault((each.covers.lower(), each.until), []).append(each)
    return found.values()


def _expiry(lapsed: Sequence[Waiver], again: Sequence[Finding], check: Check, levels: Mapping[str, Level]) -> Finding:
    """Return the finding that waivers of the same have expired. again: what they fit and no other waiver covers."""
    waiver = lapsed[0]
    count = f"{len(again):,} finding{'' if len(again) == 1 else 's'}"
    effect = f"{count} that it covered count{'s' if len(again) == 1 else ''} again" if again else "nothing counts again"
    return Finding(
        id=fingerprint(CHECK, "", f"{waiver.covers}\n{waiver.until}"),
        check=CHECK,
        level=levels.get(CHECK) or check.level,
        workload="",
        resource="",
        title=check.title,
        message=f"the waiver of {waiver.covers} was good until {waiver.until}: {effect}",
        requirements=(),
        evidence=(
            *(f"accepted by {each.owner}: {each.reason}" for each in lapsed),
            *(f"{each.check} on {each.workload.rpartition('/')[2]}, id {each.id}" for each in again),
        ),
        fix=check.fix,
        references=check.sources,
    )
