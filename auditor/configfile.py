"""The text of auditor.yaml into `Settings`. The format is described, field by field, in rules/config.schema.json.

Pure and quick: the JSON Schema is for editors and tests, which hold it equal to what is refused here.
"""

import re
from collections.abc import Collection
from datetime import date

from auditor.configtext import fields_of, parse_day
from auditor.errors import ConfigError
from auditor.estate.addresses import address_set
from auditor.estate.endpoints import parse_endpoint
from auditor.findings import Level
from auditor.nearest import nearest
from auditor.settings import Applications, Basis, ClientRange, Dependency, Settings
from auditor.waiverfile import waivers_in
from auditor.yamltext import Fields, load_yaml, shown

_TOP = ("packs", "applications", "levels", "fail-on", "allow-unknown", "requirements", "waivers", "waivers-file")
_PACKS = ("as-of", "editions")
_APPLICATIONS = ("workload", "dependencies", "client-ranges")
_SERVICE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_EDITION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:\.r[1-9][0-9]{0,3})?")
_LONGEST_ROW = 300


def parse_config(text: bytes | str, place: str, checks: Collection[str] | None = None) -> Settings:
    """Return the settings written in `text`; an empty document asks for nothing.

    place: what to call the document in messages, such as its file name. checks: the ids there are; None to take any.
    Raises ConfigError naming the file, the field and what to write instead.
    """
    document = load_yaml(text, place, ConfigError)
    top = fields_of({} if document is None else document, place, _TOP)
    packs = _section(top, "packs", _PACKS)
    return Settings(
        applications=_applications(top),
        editions=_editions(packs),
        as_of=_as_of(packs),
        levels=_levels(top, checks),
        fail_on=Level(top.text("fail-on", Level.ERROR.value, one_of=tuple(Level))),
        allow_unknown=top.yes("allow-unknown"),
        requirements=Basis(top.text("requirements", Basis.DOCUMENTED.value, one_of=tuple(Basis))),
        waivers=waivers_in(top, checks),
        waivers_file=top.text("waivers-file", ""),
    )


def _section(top: Fields, key: str, known: Collection[str]) -> Fields:
    return fields_of(top.values.get(key, {}), f"{top.place}: {key}", known)


def _applications(top: Fields) -> tuple[Applications, ...]:
    values = top.values.get("applications", [])
    if not isinstance(values, list):
        raise top.fault("applications", 'expected a list; write one entry per workload, as in - workload: "ase-*"')
    places = (f"{top.place}: applications[{number}]" for number in range(1, len(values) + 1))
    return tuple(_application(fields_of(value, next(places), _APPLICATIONS)) for value in values)


def _application(fields: Fields) -> Applications:
    return Applications(
        workload=fields.text("workload", "*"),
        dependencies=tuple(_dependency(fields, *row) for row in _rows(fields, "dependencies")),
        client_ranges=tuple(_client_range(fields, *row) for row in _rows(fields, "client-ranges")),
    )


def _rows(fields: Fields, key: str) -> list[tuple[str, str]]:
    """Return the rows of a list, each with what to call it in messages."""
    rows = [(f"row {number} of {key}", text) for number, text in enumerate(fields.texts(key), 1)]
    for row, text in rows:
        if len(text) > _LONGEST_ROW or not text.isprintable():
            raise fields.fault(row, f'"{shown(text)}" is too long, or cannot be printed; write one entry per row')
    return rows


def _dependency(fields: Fields, row: str, text: str) -> Dependency:
    try:
        end = parse_endpoint(text, default_port=None)
    except ValueError as fault:
        raise fields.fault(row, str(fault)) from None
    if end.port is None:
        raise fields.fault(row, f'"{text}": only TCP and UDP can be declared; write it as ntp.contoso.com:123/udp')
    return Dependency(text=text, name=end.name, addresses=end.addresses, port=end.port, protocol=end.protocol)


def _client_range(fields: Fields, row: str, text: str) -> ClientRange:
    try:
        if text == "*":
            raise ValueError('"*" is not a client range; write 0.0.0.0/0 for every address')  # noqa: TRY301 - one way out
        return ClientRange(text=text, addresses=address_set(text))
    except ValueError as fault:
        raise fields.fault(row, str(fault)) from None


def _editions(packs: Fields) -> dict[str, str]:
    editions = packs.section("editions")
    for service in editions.values:
        if not _SERVICE.fullmatch(service):
            raise editions.fault(shown(service), "not the name of a pack; write it as ase-v2")
        if not _EDITION.fullmatch(label := editions.text(service)):
            raise editions.fault(service, f'"{shown(label)}" is not an edition; write 2018-09-24 or 2019-06-11.r1')
    return {service: editions.text(service) for service in editions.values}


def _as_of(packs: Fields) -> date | None:
    if "as-of" not in packs:
        return None
    try:
        return parse_day(packs.text("as-of"))
    except ValueError as fault:
        raise packs.fault("as-of", str(fault)) from None


def _levels(top: Fields, checks: Collection[str] | None) -> dict[str, Level]:
    levels = top.section("levels")
    for check in levels.values:
        if checks is not None and check not in checks:
            hint = nearest(check, checks) or "; `auditor explain` lists them"
            raise levels.fault(shown(check), f"there is no such check{hint}")
    return {check: Level(levels.text(check, one_of=tuple(Level))) for check in levels.values}
