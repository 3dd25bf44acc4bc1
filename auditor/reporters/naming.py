"""What every reporter calls things: workloads, packs, and the requirements of a finding."""

from collections.abc import Mapping, Sequence

from auditor.findings import Finding, PackUse, WorkloadSummary, without_edition
from auditor.reporters.text import count, resource_name


def workload_names(workloads: Sequence[WorkloadSummary]) -> dict[str, str]:
    """Return what to call each workload, by id: its name, or its id where two share a name."""
    seen: dict[str, int] = {}
    for workload in workloads:
        seen[workload.name] = seen.get(workload.name, 0) + 1
    return {workload.id: workload.name if seen[workload.name] == 1 else workload.id for workload in workloads}


def workload_of(finding: Finding, names: Mapping[str, str]) -> str:
    """Name the workload of a finding, which may be none of the audited ones."""
    return names.get(finding.workload) or resource_name(finding.workload) or "none"


def pack_label(pack: PackUse) -> str:
    """Name a pack by edition, revision and cloud."""
    label = pack.edition if pack.revision is None else f"{pack.edition}.{pack.revision}"
    return f"{pack.pack} {label} ({pack.cloud})"


def requirements_line(ids: Sequence[str], most: int) -> str:
    """Count requirements and name the first `most`, without the pack that all of them are from."""
    named = ", ".join(map(without_edition, ids[:most]))
    more = f", and {len(ids) - most:,} more" if len(ids) > most else ""
    return f"{count(len(ids), 'requirement')}: {named}{more}"


def shortened(lines: Sequence[str], most: int) -> list[str]:
    """Return the first `most` lines, and one that counts those left out."""
    rest = len(lines) - most
    return [*lines[:most], *([f"and {rest:,} more"] if rest > 0 else [])]
