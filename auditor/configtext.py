"""What the files that people write for an audit have in common: their fields, and how a day is written."""

import re
from collections.abc import Collection
from datetime import date

from auditor.errors import ConfigError
from auditor.nearest import nearest
from auditor.yamltext import Fields, shown

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def fields_of(value: object, place: str, known: Collection[str]) -> Fields:
    """Return the fields of `value`; for one that is not known, say which it may have been. Raises ConfigError."""
    fields = Fields.of(value, place, ConfigError)
    for key in fields.values:
        if key not in known:
            hint = nearest(key, known)
            raise ConfigError(f'{place}: unknown field "{shown(key)}"; known here: {", ".join(known)}{hint}')
    return fields


def parse_day(text: str) -> date:
    """Return the day written as 2018-09-24. Raises ValueError, whose text says so."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f'"{shown(text)}" is not a date; write it as 2018-09-24')
