"""Where the documents in force and Azure's own lists part: the lists of an environment, and its service tag (A20).

Nothing here decides a requirement. What only Azure lists may be missing in the network, and what only the document
lists may be needed no more: both are told, and neither is judged.
"""

from collections.abc import Iterable, Iterator, Sequence

from auditor.engine.judgement import Cause
from auditor.engine.names import LINUX
from auditor.engine.own_lists import (
    DESTINATIONS,
    NAMED,
    Destination,
    Documented,
    addresses_of,
    management_addresses,
    names_of,
)
from auditor.engine.workloads import Workload
from auditor.estate.addresses import AddressSet, address_set, prefix, union
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.names import contains, is_pattern, normal_name
from auditor.estate.own_lists import InboundList, OutboundList
from auditor.estate.tags import Tags, described
from auditor.packs import Kind, Pack, Requirement

CHECK = "documentation-drift"

_TAG = "AppServiceManagement"
_INBOUND_FIX = (
    "Let the addresses that only Azure's own list names reach the environment, and route the replies to them to the "
    f"Internet; a rule and a route for service tag {_TAG} do both for those it holds. Take out what only the document "
    "names when you know that it is gone. --requirements live audits against Azure's own list."
)
_OUTBOUND_FIX = (
    "See in the log of the firewall whether what only Azure's own list names gets out by the FQDN tag, and allow it by "
    "name where it does not. Take out what only the document names when you know that it is gone. --requirements live "
    "audits against Azure's own list."
)
_FIX_TAG = (
    f"Where your routes or rules name service tag {_TAG}, add the addresses it does not hold by themselves, until you "
    "know that Azure no longer manages from them."
)

_FIXES = {"inbound": _INBOUND_FIX, "outbound": _OUTBOUND_FIX}
_WORDS = {"inbound": ("management address", "management addresses"), "outbound": ("destination", "destinations")}


class Drift:
    """The documents that apply in one cloud, ready to be compared with what Azure itself lists there."""

    def __init__(self, estate: Estate, packs: tuple[Pack, ...]) -> None:
        self._estate = estate
        requirements = [each for pack in packs for each in pack.requirements]
        self._management = [each for each in requirements if each.kind is Kind.MANAGEMENT_SOURCE]
        self._destinations = [each for each in requirements if each.kind in DESTINATIONS]
        self._documented = Documented(requirements)
        self._tag = ""
        self._tagged: AddressSet | None = None
        listed = estate.tags.get(packs[0].cloud) if packs else None
        if listed is not None:
            use = Tags(listed, {}).use(_TAG)
            self._tag = f"service tag {_TAG} of {described(listed)}"
            self._tagged = use.sure if use.complete else None
        self._beyond_tag: dict[str, tuple[str, ...]] = {}

    def of(self, workload: Workload) -> Iterator[Cause]:
        """Yield a cause for each list that parts from the documents; none for a list that was not read."""
        inbound = self._estate.inbound_lists.get(key(workload.id))
        outbound = self._estate.outbound_lists.get(key(workload.id))
        if inbound is not None and self._management:
            yield from self._inbound(workload, inbound)
        if outbound is not None and self._destinations:
            yield from self._outbound(workload, outbound)
        if self._tagged is not None and self._management:
            yield from self._of_tag(workload, self._tagged, inbound)

    def _inbound(self, workload: Workload, found: InboundList) -> Iterator[Cause]:
        listed, documented = [*management_addresses(found, workload)], self._addresses_for(workload)
        yield from _parting(
            workload,
            "inbound",
            _label(self._management),
            added=_beyond(listed, _together(documented)),
            gone=_beyond(documented, _together(listed)),
        )

    def _addresses_for(self, workload: Workload) -> list[str]:
        """Return the management addresses that the documents list for the region of a workload."""
        fitting = (each for each in self._management if not each.locations or workload.place in each.locations)
        return list(dict.fromkeys(each.target for each in fitting))

    def _outbound(self, workload: Workload, found: OutboundList) -> Iterator[Cause]:
        listed = _Listed(names_of(found), addresses_of(found, named=True))
        names = [each.text for each in names_of(found) if not self._lists_name(each)]
        numbers = [each.text for each in addresses_of(found, named=False) if not self._lists_address(each)]
        applying = [each for each in self._destinations if each.condition != LINUX or workload.linux]
        gone = {f"{each.target}:{each.ports[0]}" for each in applying if not listed.holds(each)}
        yield from _parting(
            workload,
            "outbound",
            _label(self._destinations),
            added=(*names, *numbers),
            gone=tuple(sorted(gone)),
        )

    def _lists_name(self, at: Destination) -> bool:
        """Tell whether the documents list a name on its port: by a name or pattern, its service, or any destination."""
        if at.port in self._documented.any_port or self._documented.by_service(at.target):
            return True
        return any(at.port is None or at.port in each.ports for each in self._documented.holding(at.target))

    def _lists_address(self, at: Destination) -> bool:
        numbered = [each for each in self._destinations if each.kind is Kind.IP]
        fitting = [each.target for each in numbered if at.port is None or at.port in each.ports]
        return at.port in self._documented.any_port or address_set(at.target) <= _together(fitting)

    def _of_tag(self, workload: Workload, tagged: AddressSet, found: InboundList | None) -> Iterator[Cause]:
        if workload.place not in self._beyond_tag:
            self._beyond_tag[workload.place] = _beyond(self._addresses_for(workload), tagged)
        documented = self._beyond_tag[workload.place]
        listed = _beyond(management_addresses(found, workload), tagged) if found is not None else ()
        if not (documented or listed):
            return
        label, own = _label(self._management), "Azure's own inbound list"
        told = [
            f"{_count(each, _WORDS['inbound'])} of {whose}"
            for each, whose in ((documented, label), (listed, own))
            if each
        ]
        yield Cause(
            check=CHECK,
            key=f"service-tag|{_TAG.lower()}",
            resource=workload.id,
            message=f"{self._tag} does not hold {' and '.join(told)}",
            evidence=(
                *(f"{each} of {label} is not in the tag [A20]" for each in documented),
                *(f"{each} of {own} is not in the tag [A20]" for each in listed),
            ),
            fix=_FIX_TAG,
        )


class _Listed:
    """What an outbound list holds, to look documented destinations up in."""

    def __init__(self, names: Sequence[Destination], addresses: Sequence[Destination]) -> None:
        self._names = names
        self._exact = frozenset(names)
        self._patterns = [each for each in names if is_pattern(each.target)]
        self._addresses = addresses

    def holds(self, documented: Requirement) -> bool:
        """Tell whether the list names a documented destination on its port, or part of a documented pattern."""
        ports = {documented.ports[0], None}
        if documented.kind not in NAMED:
            wanted = address_set(documented.target)
            return any(each.port in ports and wanted <= address_set(each.target) for each in self._addresses)
        name = normal_name(documented.target)
        if any(Destination(name, port) in self._exact for port in ports):
            return True
        part_of = self._names if is_pattern(name) else ()
        return any(each.port in ports and contains(each.target, name) for each in self._patterns) or any(
            each.port in ports and contains(name, each.target) for each in part_of
        )


def _parting(
    workload: Workload, word: str, label: str, *, added: tuple[str, ...], gone: tuple[str, ...]
) -> Iterator[Cause]:
    """Yield the cause that one of Azure's own lists of a workload parts from the documents. word: which one."""
    what = _WORDS[word]
    told = [f"names {_count(added, what)} that {label} does not"] if added else []
    left_out = f"{len(gone):,} that it names" if added else f"{_count(gone, what)} that {label} names"
    told += [f"leaves out {left_out}"] if gone else []
    if told:
        yield Cause(
            check=CHECK,
            key=word,
            resource=workload.id,
            message=f"Azure's own {word} list {', and '.join(told)}",
            evidence=(
                *(f"{each} is in Azure's own list and not in {label} [A20]" for each in added),
                *(f"{each} is in {label} and not in Azure's own list [A20]" for each in gone),
            ),
            fix=_FIXES[word],
        )


def _count(entries: Sequence[str], what: tuple[str, str]) -> str:
    return f"{len(entries):,} {what[len(entries) != 1]}"


def _label(requirements: Iterable[Requirement]) -> str:
    """Return the editions that requirements are from, as in "ase-v2@2023-11-20"."""
    return " and ".join(sorted({each.id.partition("/")[0] for each in requirements}))


def _together(addresses: Iterable[str]) -> AddressSet:
    return union(map(address_set, addresses))


def _beyond(addresses: Iterable[str], known: AddressSet) -> tuple[str, ...]:
    """Return the addresses and prefixes that are not all in `known`, from the lowest to the highest."""
    found = {each.removesuffix("/32") for each in addresses if not address_set(each) <= known}
    return tuple(sorted(found, key=_place))


def _place(address: str) -> tuple[int, int, int]:
    at = prefix(address)
    return at.family, at.first, at.length
