"""Schedules of faults drawn at random, each a trial for a client: it survives them, or says what it could not read."""

from collections.abc import Collection
from dataclasses import replace
from random import Random

from tests.azure_simulator.faults import Fault, Kind

MOST_FAULTS = 4

_GRAPH = r"/providers/microsoft\.resourcegraph/resources"
_ARM_RESOURCES = (
    r"/subscriptions/.+/resourceGroups/.+",
    r".+/ruleCollectionGroups(/[^/]+)?",
    r".+/virtualHubs/[^/]+/[^/]+",
    r".+/(in|out)boundNetworkDependenciesEndpoints",
    r".+/(azureFirewalls|firewallPolicies|virtualNetworks|routeTables|networkSecurityGroups)/[^/]+",
)
_ARM_PLACES = (
    *_ARM_RESOURCES,
    r"/subscriptions",
    r"/subscriptions/.+",
    r"/providers/microsoft\.management/.+/descendants",
    r".+/serviceTags",
)
_ONLY_GRAPH = frozenset({Kind.WRONG_TOTAL, Kind.TRUNCATED, Kind.LAGGING})
_ONLY_ARM = frozenset({Kind.GONE, Kind.CONFLICT, Kind.LOCKED, Kind.FOREIGN_LINK})
_WAITS = {
    Kind.THROTTLED: (None, 1.0, 17.0, 60.0),
    Kind.UNAVAILABLE: (None, 2.0),
    Kind.STALLED: (0.01, 0.03),
}
_LASTING_ONE_IN = 4
_LATEST = 6
_MOST_REPETITIONS = 3
_SUBSCRIPTIONS = 16

DRAWN = tuple(kind for kind in Kind if kind is not Kind.LAGGING)
"""Every kind a client can survive or notice; that Resource Graph lags shows only to one that confirms by ARM."""


def random_schedule(random: Random, kinds: Collection[Kind] = DRAWN) -> tuple[Fault, ...]:
    """Return one to four faults at random places: passing ones that a patient client survives, and lasting ones."""
    return tuple(_fault(random, tuple(kinds)) for _ in range(random.randint(1, MOST_FAULTS)))


def _fault(random: Random, kinds: tuple[Kind, ...]) -> Fault:
    """Return one fault."""
    kind = random.choice(kinds)
    if kind is Kind.FORBIDDEN:
        # From the first request to the last: rows that miss from one answer only cannot be noticed by anybody.
        return Fault(kind=kind, subscription=random.randrange(_SUBSCRIPTIONS), times=None)
    fault = Fault(
        kind=kind,
        path=_place(random, kind),
        nth=min(random.randint(1, _LATEST), random.randint(1, _LATEST)),
        times=None if random.randrange(_LASTING_ONE_IN) == 0 else random.randint(1, _MOST_REPETITIONS),
    )
    return replace(fault, seconds=random.choice(_WAITS[kind])) if kind in _WAITS else fault


def _place(random: Random, kind: Kind) -> str:
    """Return where a fault strikes: Resource Graph as often as all of ARM, which a client asks less."""
    if kind in _ONLY_GRAPH or (kind not in _ONLY_ARM and random.random() < 0.5):
        return _GRAPH
    return random.choice(_ARM_RESOURCES if kind is Kind.GONE else _ARM_PLACES)
