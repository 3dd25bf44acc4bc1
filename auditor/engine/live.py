"""Azure's own lists as what a workload is audited against, in place of what the packs list (A20).

A list takes the place of management addresses, or of names and addresses reached; every other requirement of the packs
stays. Where a list was not read, or is empty, what it would have taken the place of cannot be told.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256

from auditor.engine.context import Beside, listed_beside
from auditor.engine.flows import APPLICATION_PORTS
from auditor.engine.hops import make_hop
from auditor.engine.own_lists import (
    DESTINATIONS,
    NAMED,
    Destination,
    Documented,
    addresses_of,
    management_addresses,
    names_of,
)
from auditor.engine.wanted import Wanted
from auditor.engine.workloads import Workload
from auditor.estate.addresses import AddressSet, address_set
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.names import is_pattern, normal_fqdn_tag
from auditor.estate.own_lists import InboundList, OutboundList
from auditor.estate.read_own_lists import INBOUND, OUTBOUND, list_id
from auditor.findings import PackUse
from auditor.packs import LIVE_EDITION, LIVE_PACK, Kind, Pack, Requirement
from auditor.traces import Hop, Verdict

_MANAGEMENT = frozenset({Kind.MANAGEMENT_SOURCE})
_SECTION = "azure-own-list"
_WORDS = {INBOUND: "inbound", OUTBOUND: "outbound"}


class AsListed:
    """Azure's own lists of each workload ask for what the packs list otherwise."""

    def __init__(self, estate: Estate, packs: tuple[Pack, ...], ranges: tuple[AddressSet, ...]) -> None:
        self._estate = estate
        self._packs = packs
        self._ranges = ranges
        self._all = [each for pack in packs for each in pack.requirements]
        self._documented = Documented(self._all)
        self._nothing_listed = self._beside(())
        self._known: dict[tuple[frozenset[Kind], tuple[Requirement, ...]], Wanted] = {}
        self._used: dict[str, tuple[Requirement, ...]] = {}

    def of(self, workload: Workload) -> Wanted:
        """Return what is asked of a workload."""
        kinds = {each.kind for each in self._all}
        asked: list[Requirement] = []
        taken: set[Kind] = set()
        unread: dict[str, Hop] = {}
        for kind, replaced in ((INBOUND, _MANAGEMENT), (OUTBOUND, DESTINATIONS)):
            if not kinds & replaced:
                continue  # these packs were not asked for
            listed = self._listed(workload, kind)
            if isinstance(listed, Hop):
                unread |= {each.id: listed for each in self._all if each.kind in replaced}
            else:
                asked += listed
                taken |= replaced
        if not asked:
            return Wanted(packs=self._packs, beside=self._nothing_listed, unread=unread)
        wanted = self._asking(frozenset(taken), tuple(sorted(asked, key=lambda each: each.id)))
        requirements = wanted.packs[-1].requirements
        self._used[key(workload.id)] = requirements
        return replace(wanted, unread=unread | _undecidable(workload, requirements))

    def _asking(self, taken: frozenset[Kind], requirements: tuple[Requirement, ...]) -> Wanted:
        """Return the packs with requirements in place of those of some kinds; the same for the same lists."""
        at = (taken, requirements)
        if at not in self._known:
            packs = (*(_without(each, taken) for each in self._packs), self._live_pack(requirements))
            self._known[at] = Wanted(packs=packs, beside=self._beside(requirements), lists=len(self._known) + 1)
        return self._known[at]

    def use(self) -> PackUse | None:
        """Return Azure's own lists as a pack of the report; None where no workload was audited against any."""
        if not self._used:
            return None
        lines = [f"{at} {each.id} {each.ports}" for at in sorted(self._used) for each in self._used[at]]
        return PackUse(
            pack=LIVE_PACK, edition=LIVE_EDITION, revision=None, cloud=self._packs[0].cloud, digest=_digest(lines)
        )

    def _live_pack(self, requirements: tuple[Requirement, ...]) -> Pack:
        return replace(
            self._packs[0],
            service=LIVE_PACK,
            edition=LIVE_EDITION,
            revision=None,
            requirements=requirements,
            companion=None,
            management_routes="",
            management_tag=None,
            step_endpoints=(),
            asked_beside_later=(),
        )

    def _beside(self, requirements: tuple[Requirement, ...]) -> Beside:
        """Return what stands beside the names: what the documents list by address, and what Azure's own lists do."""
        beside = listed_beside(self._packs, (*self._ranges, *_addresses(requirements)))
        names = (each.target for each in requirements if each.kind in NAMED and not each.tags)
        tags = (normal_fqdn_tag(each.target) for each in self._all if each.kind is Kind.FQDN_TAG)
        unlisted = frozenset(each for each in names if not self._documented.by_service(each))
        return replace(beside, unlisted=unlisted, perhaps_tags=frozenset(tags))

    def _listed(self, workload: Workload, kind: str) -> list[Requirement] | Hop:
        """Return what one of the lists of a workload asks for; why that is not known where it was not read."""
        if kind == INBOUND:
            inbound = self._estate.inbound_lists.get(key(workload.id))
            found = [] if inbound is None else [*_management(inbound, workload, self._all)]
            return found or self._unread(workload, kind, empty=inbound is not None)
        outbound = self._estate.outbound_lists.get(key(workload.id))
        found = [] if outbound is None else [*self._destinations(outbound)]
        return found or self._unread(workload, kind, empty=outbound is not None)

    def _unread(self, workload: Workload, kind: str, *, empty: bool) -> Hop:
        at = list_id(workload.id, kind)
        gap = self._estate.may_hide((kind.lower(),), at, unnamed=False)
        word = f"Azure's own {_WORDS[kind]} list of {workload.name}"
        if empty:
            why = f"{word} names nothing that could be audited"
        elif gap is not None:
            why = f"{word} was not read: {gap.why}"
        else:
            why = f"{word} was not read: it is not in the source"
        code = "own-list-empty" if empty else "own-list-unreadable"
        return make_hop("workload", f"{workload.id}/{kind.rpartition('/')[2]}", "", Verdict.UNKNOWN, code, why, "A20")

    def _destinations(self, found: OutboundList) -> Iterator[Requirement]:
        """Yield what an outbound list asks for, except ports on which the packs ask for any destination anyway."""
        asked = self._documented.any_port
        for each in names_of(found):
            if each.port not in asked:
                yield self._named(each)
        via = next((each.via for each in self._all if each.kind is Kind.IP and not each.condition), "")
        for each in addresses_of(found, named=False):
            if each.port not in asked:
                yield _requirement("ip", Kind.IP, each, via)

    def _named(self, at: Destination) -> Requirement:
        """Return the requirement of a name, with the FQDN tags that the documents publish for it (F38)."""
        kind = Kind.WILDCARD if is_pattern(at.target) else Kind.FQDN
        tags = dict.fromkeys(tag for each in self._documented.holding(at.target) for tag in each.tags)
        plain = _requirement(kind.value, kind, at, "firewall")
        return replace(plain, protocol=APPLICATION_PORTS.get(at.port or 0, ""), tags=tuple(tags))


def _requirement(word: str, kind: Kind, at: Destination, via: str) -> Requirement:
    return Requirement(
        id=f"{LIVE_PACK}@{LIVE_EDITION}/{word}:{at.text}",
        kind=kind,
        target=at.target,
        ports=() if at.port is None else (at.port,),
        via=via,
        section=_SECTION,
    )


def _management(found: InboundList, workload: Workload, documented: Iterable[Requirement]) -> Iterator[Requirement]:
    """Yield what an inbound list asks for."""
    via = next((each.via for each in documented if each.kind is Kind.MANAGEMENT_SOURCE), "")
    for address, ports in management_addresses(found, workload).items():
        numbers = tuple(port for low, high in ports.spans for port in range(low, high + 1))
        plain = _requirement("management", Kind.MANAGEMENT_SOURCE, Destination(address, None), via)
        yield replace(plain, ports=numbers, protocol="tcp")


def _undecidable(workload: Workload, requirements: Iterable[Requirement]) -> dict[str, Hop]:
    """Return why entries of a list that was read cannot be decided: no port, or addresses of the other family."""
    unread: dict[str, Hop] = {}
    for each in requirements:
        if not each.ports:
            why = f"Azure's own list names no port for {each.target}"
        elif each.kind not in NAMED and address_set(each.target).v6:
            why = f"{each.target} is an IPv6 address, and the auditor follows the IPv4 addresses of an environment"
        else:
            continue
        unread[each.id] = make_hop("workload", workload.id, each.target, Verdict.UNKNOWN, "own-list-entry", why, "A20")
    return unread


def _addresses(requirements: Iterable[Requirement]) -> list[AddressSet]:
    """Return the single addresses that are asked for; of a wide prefix nobody can say that no name lies in it."""
    numbered = (each.target for each in requirements if each.kind not in NAMED)
    return [address_set(each) for each in numbered if "/" not in each]


def _without(pack: Pack, kinds: frozenset[Kind]) -> Pack:
    return replace(pack, requirements=tuple(each for each in pack.requirements if each.kind not in kinds))


def _digest(lines: list[str]) -> str:
    text = "\n".join(lines)
    return f"sha256:{sha256(text.encode(errors='surrogatepass')).hexdigest()}"
