"""What is wrong with files that hold packs or checks, by the JSON Schema and by the parser."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from auditor.checks import SCHEMA as CHECKS_SCHEMA
from auditor.checks import parse_checks
from auditor.errors import PackError
from auditor.packfile import SCHEMA as PACK_SCHEMA
from auditor.packfile import parse_pack
from auditor.reporters.text import count, plain
from auditor.shipped import shipped
from auditor.yamltext import load_yaml

_LONGEST_FAULT = 240
_SCHEMAS = {PACK_SCHEMA: "pack.schema.json", CHECKS_SCHEMA: "checks.schema.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one file. holds: "84 requirements"; "" where there are faults. faults: one line each, file first."""

    holds: str
    faults: tuple[str, ...]


def examine(name: str, read: Callable[[], bytes]) -> Verdict:
    """Return what came of the file that `read` reads, called `name` in messages.

    The parser names one fault and what to write instead; the schema names every other place.
    """
    try:
        data = read()
        document = load_yaml(data, name, PackError)
    except PackError as fault:
        return Verdict(holds="", faults=(str(fault),))
    said = document.get("schema") if isinstance(document, dict) else None
    holds, faults = "", []
    try:
        if said == CHECKS_SCHEMA:
            holds = count(len(parse_checks(data, name)), "check")
        else:
            holds = count(len(parse_pack(data, name).requirements), "requirement")
    except PackError as fault:
        faults.append(str(fault))
    if isinstance(said, str) and said in _SCHEMAS:
        faults += [f"{name}: {each}" for each in _schema_faults(document, _SCHEMAS[said])]
    return Verdict(holds="" if faults else holds, faults=tuple(faults))


def _schema_faults(document: object, schema: str) -> list[str]:
    """Return what the schema has to say against a document, in the document's order of names."""
    errors = sorted(_validator(schema).iter_errors(document), key=lambda each: [str(part) for part in each.path])
    return [_fault(each) for each in errors]


def _fault(error: Any) -> str:  # noqa: ANN401 - jsonschema is imported only where it is used
    where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    message = f"{where.lstrip('.') or 'document'}: {error.message}"
    text = plain(" ".join(message.split()))
    return text if len(text) <= _LONGEST_FAULT else f"{text[:_LONGEST_FAULT]}..."


@cache
def _validator(schema: str) -> Any:  # noqa: ANN401 - as above
    from jsonschema import Draft202012Validator

    document = json.loads((shipped("rules") / schema).read_bytes())
    return Draft202012Validator(document, format_checker=Draft202012Validator.FORMAT_CHECKER)
