"""What the user asked for: the content of `auditor.yaml` and the flags that win over it, as typed values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from auditor.estate.addresses import AddressSet
from auditor.findings import Level
from auditor.waivers import Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """Something the applications of a workload must reach.

    text: as the user wrote it. name: an FQDN or pattern, normalised, or "". addresses: where it is no name.
    protocol: "tcp" or "udp".
    """

    text: str
    name: str
    addresses: AddressSet | None
    port: int
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRange:
    """Addresses that requests to the applications come from. text: as the user wrote it."""

    text: str
    addresses: AddressSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Applications:
    """What is declared for the applications of some workloads. workload: a name or pattern of it, such as "ase-*"."""

    workload: str
    dependencies: tuple[Dependency, ...]
    client_ranges: tuple[ClientRange, ...]


class Basis(StrEnum):
    """What environments are audited against.

    documented: the requirement packs. live: Azure's own lists of each environment, in place of the management
    addresses, names and addresses of the packs.
    """

    DOCUMENTED = "documented"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that steers an audit.

    editions: label by service, as in `--edition ase-v2=2018-09-24`; one wins over as_of. as_of: the day whose editions
    apply; None for the newest. levels: level by check, over the default. fail_on: the lowest level of a finding that
    gives exit code 1. allow_unknown: whether an audit that could not decide everything may still end in exit code 0.
    requirements: what environments are audited against. waivers: accepted exceptions, from wherever they were written.
    waivers_file: the file of their own that auditor.yaml names for them, as written there; "" where it names none.
    """

    applications: tuple[Applications, ...] = ()
    editions: Mapping[str, str] = field(default_factory=dict)
    as_of: date | None = None
    levels: Mapping[str, Level] = field(default_factory=dict)
    fail_on: Level = Level.ERROR
    allow_unknown: bool = False
    requirements: Basis = Basis.DOCUMENTED
    waivers: tuple[Waiver, ...] = ()
    waivers_file: str = ""

    def dependencies_of(self, workload: str) -> tuple[Dependency, ...]:
        """Return what the applications of the workload of that name must reach, by text, each once."""
        found = {each.text: each for declared in self._of(workload) for each in declared.dependencies}
        return tuple(found[text] for text in sorted(found))

    def client_ranges_of(self, workload: str) -> tuple[ClientRange, ...]:
        """Return where the requests to the applications of the workload of that name come from."""
        found = {each.text: each for declared in self._of(workload) for each in declared.client_ranges}
        return tuple(found[text] for text in sorted(found))

    def _of(self, workload: str) -> tuple[Applications, ...]:
        return tuple(each for each in self.applications if fnmatchcase(workload.lower(), each.workload.lower()))
