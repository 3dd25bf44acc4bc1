"""What one side of a rule covers of one end of a flow: certainly, possibly, or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from auditor.engine.flows import Endpoint
from auditor.estate.addresses import NOTHING, PUBLIC, AddressSet
from auditor.estate.tags import TAKES_NAMES_OF_OTHERS, TagUse, holds_name, may_hold_name, possible


class Certainty(Enum):
    """Whether a rule meets a part of a flow."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Hidden:
    """The part of a hidden end that is left. taken: names that earlier rules have already decided."""

    taken: tuple[str, ...] = ()


Region = AddressSet | Hidden
"""A part of one end of a flow: known addresses, or what is left of unknown ones."""


@dataclass(frozen=True)
class Coverage:
    """One side of a rule.

    literal: addresses it certainly names. tags: service tags it names. blur: addresses it possibly names beside those,
    why that cannot be told, and the rule of Azure it rests on.
    """

    literal: AddressSet
    tags: tuple[TagUse, ...] = ()
    blur: AddressSet = NOTHING
    why: str = ""
    spec: str = ""

    @cached_property
    def every_public(self) -> bool:
        """Whether it names every public address."""
        return self.literal >= PUBLIC

    @cached_property
    def some_public(self) -> AddressSet:
        """The public addresses it names."""
        return PUBLIC & self.literal


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a region and whether the rule meets it; of a MAYBE why it hangs, and the rule of Azure behind that."""

    region: Region
    certainty: Certainty
    why: str = ""
    spec: str = ""


def whole(end: Endpoint) -> Region:
    """Return the region that is all of `end`."""
    return Hidden() if end.addresses is None else end.addresses


def split(region: Region, end: Endpoint, coverage: Coverage, *, allows: bool) -> Iterator[Part]:
    """Split a region of `end` into the parts that a side of a rule meets, may meet, and does not meet.

    allows: whether the rule allows; see `hidden_certainty`.
    """
    if isinstance(region, Hidden):
        certainty, why = hidden_certainty(end, coverage, allows=allows)
        yield Part(region, certainty, why, coverage.spec if why and why == coverage.why else "")
        return
    if region <= coverage.literal:
        yield Part(region, Certainty.YES)
        return
    sure = region & coverage.literal
    doubt = region & coverage.blur if coverage.blur else NOTHING
    why = coverage.why
    for use in coverage.tags:
        sure |= region & use.sure
        if not use.complete:
            why = why or _tag_doubt(use)
            left = region - sure
            doubt |= left & possible(use) if left else NOTHING
    doubt -= sure
    rest = region - sure - doubt
    if sure:
        yield Part(sure, Certainty.YES)
    if doubt:
        yield Part(doubt, Certainty.MAYBE, why, coverage.spec if why == coverage.why else "")
    if rest:
        yield Part(rest, Certainty.NO)


def may_be_alias(tag: str, end: Endpoint) -> bool:
    """Tell whether a name that no document lists may be an alias, which leads into a service of other names."""
    return not end.elsewhere_tags and tag.partition(".")[0] in TAKES_NAMES_OF_OTHERS


def hidden_certainty(end: Endpoint, coverage: Coverage, *, allows: bool) -> tuple[Certainty, str]:
    """Tell whether a side of a rule meets an end whose addresses are not known (F25).

    Everything meets it, and so does its own service tag. What is narrower may meet it, unless the service of the tag
    does not answer under such a name. A rule that allows a tag the document lists beside the name does not let the name
    out: the document asks for both. One that denies that tag may well stop it.
    """
    if coverage.every_public or (end.tag and any(use.name == end.tag for use in coverage.tags)):
        return Certainty.YES, ""
    universe = end.universe
    if coverage.some_public and universe.meets(coverage.some_public):
        if universe <= coverage.some_public:
            return Certainty.YES, ""
        return Certainty.MAYBE, f"which addresses {end.label} has is not known from configuration"
    for use in coverage.tags:
        beside = allows and use.name in end.elsewhere_tags
        if not beside and holds_name(use.name, end.name):
            return Certainty.YES, ""
        may = not end.name or may_hold_name(use.name, end.name) or (not allows and may_be_alias(use.name, end))
        if not beside and may and _may_share(universe, use):
            return Certainty.MAYBE, f"whether {end.label} lies in service tag {use.name} is not known"
    if coverage.blur and coverage.blur.meets(universe):
        return Certainty.MAYBE, coverage.why
    return Certainty.NO, ""


def _may_share(universe: AddressSet, use: TagUse) -> bool:
    """Tell whether a tag may hold any of some addresses, without putting together all that it may hold."""
    return universe.meets(use.sure) or (not use.complete and universe.meets(use.most))


def _tag_doubt(use: TagUse) -> str:
    return f"the source has no list of the addresses of service tag {use.name}"
