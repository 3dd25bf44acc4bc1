"""Reports that are compared with other editions, for every reporter to render: what may be told, and hostile names."""

from dataclasses import replace

from auditor.findings import Altered, Comparison, Decided, Level, OneSided, Outcome, PackUse, Report, Source, Turned
from auditor.traces import Reason
from tests.reporters.samples import ASE, CLEAN, FINDINGS, HOSTILE, PACKS, VIOLATING, WEB, WIDE

LATER = "ase-v2@2023-11-20"
OTHERS = (
    PACKS[0],
    PackUse(pack="ase-v2", edition="2023-11-20", revision="r2", cloud="public", digest="sha256:" + "b2" * 32),
)
_REASON = Reason(code="firewall-no-rule", text=f"no rule of {HOSTILE} allows it")
_PLAIN = tuple(replace(each, state=None, waiver=None) for each in FINDINGS)


def _decided(pack: str, outcome: Outcome) -> Decided:
    passing = outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}
    check = None if passing else "missing-fqdn"
    return Decided(requirement=f"{pack}/fqdn:{HOSTILE}:443", outcome=outcome, check=check, reason=_REASON)


def _turned(number: int, before: Outcome | None, after: Outcome | None, workload: str = ASE) -> Turned:
    return Turned(
        workload=workload,
        requirement=f"fqdn:{HOSTILE}-{number}:443",
        before=_decided(PACKS[1].pack, before) if before else None,
        after=_decided(LATER, after) if after else None,
    )


COMPARED = Comparison(
    as_of="2024-01-01",
    packs=OTHERS,
    sources=(
        Source(
            kind="service tags",
            location="service tag list 376 (public) that comes with the auditor",
            digest="sha256:" + "7a" * 32,
            collected_at="2025-11-09",
        ),
    ),
    added=(
        OneSided(requirement=f"{LATER}/any:*:123", outcomes={Outcome.PASS: 2, Outcome.FAIL: 1}),
        OneSided(requirement=f"{LATER}/fqdn:{HOSTILE}:443", outcomes={Outcome.UNKNOWN: 1, Outcome.NOT_APPLICABLE: 2}),
    ),
    removed=(OneSided(requirement="ase-v2@2018-09-24/fqdn:graph.windows.net:443", outcomes={Outcome.DEVIATES: 3}),),
    turned=(
        *(_turned(number, Outcome.PASS, Outcome.FAIL) for number in range(5)),
        _turned(5, Outcome.UNKNOWN, Outcome.PASS),
        _turned(6, None, Outcome.UNKNOWN, f"{WEB}/hostingEnvironments/{HOSTILE}"),
        _turned(7, Outcome.FAIL, None, f"{WEB}/hostingEnvironments/{WIDE}-2"),
    ),
    gained=(
        replace(_PLAIN[0], id="1" * 16, message=HOSTILE, fix=HOSTILE),
        *(replace(_PLAIN[1], id=f"{number:016x}", workload=f"{ASE}-{number}") for number in range(8)),
        replace(_PLAIN[-1], id="2" * 16, waiver=f"agreed with {HOSTILE}"),
    ),
    lost=tuple(replace(_PLAIN[2], id=f"{number:016x}", message=f"cause {number}") for number in range(30, 53)),
    altered=(
        Altered(
            before=replace(_PLAIN[3], level=Level.WARNING),
            after=replace(_PLAIN[3], level=Level.ERROR, requirements=(f"{LATER}/fqdn:{HOSTILE}:443",)),
        ),
        Altered(before=replace(_PLAIN[4], waiver=HOSTILE), after=_PLAIN[4]),
        Altered(before=_PLAIN[4], after=replace(_PLAIN[4], waiver=HOSTILE)),
    ),
)
NOTHING = Comparison(
    as_of=None, packs=PACKS, sources=(), added=(), removed=(), turned=(), gained=(), lost=(), altered=()
)
EDITIONS: dict[str, Report] = {
    "editions": replace(VIOLATING, findings=_PLAIN, comparison=COMPARED),
    "editions-same": replace(CLEAN, comparison=NOTHING),
}
