"""Ranges that Azure drops by itself in a VNet where nothing else routes them (R8, R8a, R9)."""

from collections.abc import Iterator

from auditor.estate.addresses import Prefix, prefix, union
from auditor.estate.network import VirtualNetwork

_NONE_DEFAULTS = tuple(map(prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
_PLATFORM_NONE = tuple(
    map(
        prefix,
        (
            *("20.35.252.0/22", "23.103.0.0/18", "25.4.0.0/14", "25.33.0.0/16", "25.41.0.0/20", "25.48.0.0/12"),
            *("40.108.0.0/17", "40.109.0.0/16", "104.146.0.0/17", "104.147.0.0/16", "157.59.0.0/16", "198.18.0.0/15"),
        ),
    )
)
"""Further ranges that Azure was seen to drop where no default route of the user's stands (R8a).

Source: effective routes of a network interface, recorded from Azure in 2023; not documented, and it differs with time.
"""

DROPPED_BY_AZURE = union(each.addresses for each in _PLATFORM_NONE)


def dropped_ranges(vnet: VirtualNetwork) -> Iterator[tuple[Prefix, str]]:
    """Yield the ranges that Azure drops in a VNet without a default route of the user's, each with its rule."""
    own = {(each.first, each.length) for each in vnet.prefixes if each.family == 4}  # noqa: PLR2004 - IPv4
    for each in (*_NONE_DEFAULTS, *_PLATFORM_NONE):
        if (each.first, each.length) not in own and not any(_encloses(wide, each) for wide in vnet.prefixes):
            yield each, "R8" if each in _NONE_DEFAULTS else "R8a"


def _encloses(wide: Prefix, narrow: Prefix) -> bool:
    """Tell whether `wide` is a strict superset of `narrow` (R9)."""
    return wide.family == narrow.family and wide.length < narrow.length and wide.first <= narrow.first <= wide.last
