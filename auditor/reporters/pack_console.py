"""Requirement packs for people: a table of them, and one of them whole."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from auditor.packs import Kind, Pack, Requirement
from auditor.reporters.listing import grid, table
from auditor.reporters.terminal import Sheet
from auditor.reporters.text import count

_HEADERS = ("pack", "edition", "cloud", "require-\nments", "confidence")
_NAMING, _NUMBERS = 3, (3,)

_TITLES = {
    "steps": "Steps",
    "management-addresses": "Management addresses",
    "service-endpoint-capable": "Service endpoint dependencies",
    "ip-address-dependencies": "IP address dependencies",
    "fqdn-http-https": "FQDN dependencies",
    "wildcard-http-https": "Wildcard dependencies",
    "linux-dependencies": "Linux dependencies, only where Linux apps run",
    "inbound-management": "Let in by the network security group",
}
_CONFIDENCE = {
    "verbatim": "taken word for word",
    "verbatim-from-translation": "taken word for word from tables of a translation",
    "normalised-from-translation": "taken from a translation, damaged rows as in the English editions next to it",
}
_NAMED = frozenset({Kind.FQDN, Kind.WILDCARD})


def render_list(packs: Sequence[Pack], *, width: int) -> str:
    """Return a table of packs, one row each; there must be one. The edition is the document's date."""
    rows = [
        [each.service, each.label, each.cloud, f"{len(each.requirements):,}", each.confidence.replace("-", " ")]
        for each in packs
    ]
    return table(_HEADERS, rows, width, key=_NAMING, right=_NUMBERS)


def render(pack: Pack, *, file: str, width: int) -> str:
    """Return one pack whole: where it comes from, and every requirement, by section. file: where it lies."""
    sheet = Sheet(width, colour=False)
    sheet.heading(pack.title, "=")
    sheet.field("pack", f"{pack.service}@{pack.label}, cloud {pack.cloud}")
    sheet.field("holds", count(len(pack.requirements), "requirement"))
    sheet.field("source", pack.url)
    sheet.fields("text", [pack.text_url] if pack.text_url else [])
    sheet.field("read", f"on {pack.read}, {_CONFIDENCE.get(pack.confidence, pack.confidence)} ({pack.confidence})")
    sheet.field("file", f"{file}, {pack.digest}")
    if pack.notes:
        sheet.heading("Notes")
        for note in pack.notes:
            sheet.say(note, first="- ")
    for section, requirements in _sections(pack).items():
        _section(sheet, pack, section, requirements)
    return sheet.text()


def title_of(section: str) -> str:
    """Return the heading of a section; of one that is not known, its name."""
    return _TITLES.get(section, section)


def asked_by(requirement: Requirement) -> str:
    """Say what a requirement asks for, as its document does: a step in words, a row of a table as it stands there."""
    return _step(requirement) if requirement.section == "steps" else _row(requirement)


def _sections(pack: Pack) -> dict[str, list[Requirement]]:
    """Return the requirements by section, in the order in which the sections begin."""
    sections: dict[str, list[Requirement]] = {}
    for requirement in pack.requirements:
        sections.setdefault(requirement.section, []).append(requirement)
    return sections


def _section(sheet: Sheet, pack: Pack, section: str, requirements: list[Requirement]) -> None:
    if section == "steps":
        sheet.heading(title_of(section))
        for step in (*map(_step, requirements), *_steps_beside(pack)):
            sheet.say(step, first="- ")
        return
    if section == "management-addresses":
        _management(sheet, requirements)
        return
    sheet.heading(f"{title_of(section)} ({len(requirements)})")
    grid(sheet, [_row(each) for each in requirements])


def _step(requirement: Requirement) -> str:
    """Say what one requirement of the steps asks for."""
    target = requirement.target
    match requirement.kind:
        case Kind.FIREWALL:
            return f"an Azure Firewall on the way out{f', in a subnet named {target}' if target else ''}"
        case Kind.FQDN_TAG:
            return f"an application rule that allows the FQDN tag {target}"
        case Kind.DEFAULT_ROUTE:
            return f"a route for {target} to the {requirement.via}"
        case Kind.ROUTE_TABLE:
            return "a route table assigned to the subnet"
        case Kind.SERVICE_TAG:
            return f"a network rule that allows the service tag {_row(requirement)}"
        case _:
            return _row(requirement)


def _steps_beside(pack: Pack) -> Iterator[str]:
    """Say what the steps ask for that is decided with the rows of the tables or of another pack."""
    if pack.step_endpoints:
        yield f"service endpoints: {', '.join(pack.step_endpoints)}"
    if pack.companion is not None and pack.management_routes == "service-tag":
        yield f"a route to the Internet for the service tag of {pack.companion} (the edition in force on the same day)"
    elif pack.companion is not None:
        yield f"a route to the Internet for every address of {pack.companion} (the edition in force on the same day)"


def _row(requirement: Requirement) -> str:
    """Return a requirement as a row of the document's table, with the protocol where it does not follow."""
    text = requirement.raw or requirement.target
    if requirement.kind is Kind.SERVICE_ENDPOINT:
        return f"{text} ({requirement.target})"
    said = requirement.kind in _NAMED or not requirement.protocol or text.endswith(f"/{requirement.protocol}")
    return text if said else f"{text}/{requirement.protocol}"


def _management(sheet: Sheet, requirements: list[Requirement]) -> None:
    """List the management addresses; those of one region after its name."""
    first = requirements[0]
    sheet.heading(f"{title_of(first.section)} ({len(requirements)})")
    ports = ", ".join(map(str, first.ports))
    sheet.say(f"Inbound on {first.protocol} {ports}; replies go to {first.via}.")
    for condition, group in groupby(requirements, lambda each: each.condition):
        if condition is None:
            grid(sheet, [each.target for each in group])
        else:
            targets = ", ".join(each.target for each in group)
            sheet.say(targets, first="- ", lead=f"{condition.removeprefix('region:')}:", rest="  ")
