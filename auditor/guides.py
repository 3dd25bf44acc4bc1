"""Guides to the checks: examples and fixes. rules/check-guides.yaml holds them; this turns its text into values.

They are long, and an audit needs none of them: so they have a file of their own, read only by who shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from auditor.errors import PackError
from auditor.yamltext import Fields, load_yaml

SCHEMA = "check-guides/1"
_FIELDS = ("fails", "passes", "instead", "fixes")


class Way(StrEnum):
    """A way to change what is configured in Azure."""

    PORTAL = "portal"
    AZ = "az"
    BICEP = "bicep"
    TERRAFORM = "terraform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """How a defect looks, and how to mend it.

    check: the id of the check. fails, passes: an example each, in YAML. fixes: what mends it, by the way it is done.
    instead: what to do where a way is missing; empty where none is.
    """

    check: str
    fails: str
    passes: str
    instead: str
    fixes: Mapping[Way, str]


def parse_guides(text: bytes | str, name: str) -> MappingProxyType[str, Guide]:
    """Return the guides written in `text`, by the id of their check, in its order.

    name: the file's path, for messages. Raises PackError naming the file, the check and what to write instead.
    """
    top = Fields.of(load_yaml(text, name, PackError), name, PackError, ("schema", "guides"))
    top.text("schema", one_of=(SCHEMA,))
    guides = top.section("guides")
    return MappingProxyType({check: _guide(check, guides.section(check, _FIELDS)) for check in guides.values})


def _guide(check: str, fields: Fields) -> Guide:
    fixes = _fixes(fields)
    instead = fields.text("instead", "").strip()
    missing = [way.value for way in Way if way not in fixes]
    if missing and not instead:
        raise fields.fault("fixes", f"without {', '.join(missing)}; add that, or say under instead what to do")
    return Guide(
        check=check,
        fails=fields.text("fails").strip("\n"),
        passes=fields.text("passes").strip("\n"),
        instead=instead,
        fixes=fixes,
    )


def _fixes(fields: Fields) -> Mapping[Way, str]:
    if "fixes" not in fields:
        return MappingProxyType({})
    fixes = fields.section("fixes", tuple(Way))
    return MappingProxyType({way: fixes.text(way).strip("\n") for way in Way if way in fixes})
