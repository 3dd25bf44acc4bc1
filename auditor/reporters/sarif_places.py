"""Where a finding stands, as SARIF says it: a line of a file, or a path of its own; and the resource of Azure."""

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from auditor.findings import Location
from auditor.reporters.text import resource_name

Places = Mapping[str, Location]
"""Locations by the ARM id of their resource, in comparing form."""

_ABOVE = (".", "..", "")


def location_of(resource: str, places: Places, *, outside: bool) -> dict[str, Any]:
    """Return the location of a resource, logical and physical.

    outside: whether a file outside the repository may be named, by its absolute path. Where a resource stands in no
    file, or in none that may be named, it gets a path of its own, made of its ARM id.
    """
    found = places.get(resource.lower().rstrip("/"))
    uri = _file_uri(found.file, outside=outside) if found else None
    if found is None or uri is None:
        uri, line, column = own_path(resource), 1, 1
    else:
        line, column = max(found.line, 1), max(found.column, 1)
    region = {"startLine": line, "startColumn": column, "endLine": line, "endColumn": column + 1}
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": region},
        "logicalLocations": [logical(resource)],
    }


def logical(resource: str) -> dict[str, Any]:
    """Return a resource of Azure as a logical location."""
    return {"name": resource_name(resource), "fullyQualifiedName": resource, "kind": "resource"}


def own_path(resource: str) -> str:
    """Return the path of a resource that stands in no file: the same on any day and machine, and in no repository."""
    segments = [each for each in resource.lower().split("/") if each]
    return "/".join(["azure", *(_quoted(each if each not in _ABOVE else f"_{each}") for each in segments)])


def _file_uri(file: str, *, outside: bool) -> str | None:
    """Return the URI of a file: relative, or absolute where that may be; None otherwise."""
    if PurePosixPath(file).is_absolute() or PureWindowsPath(file).is_absolute():
        path = PurePosixPath(PureWindowsPath(file).as_posix())
        return f"file:///{'/'.join(_quoted(each) for each in path.parts if each != '/')}" if outside else None
    segments = file.split("/")
    return None if any(each in _ABOVE for each in segments) else "/".join(map(_quoted, segments))


def _quoted(segment: str) -> str:
    """Return one part of a path as a URI takes it, whatever characters or bytes it is made of."""
    try:
        return quote(segment.encode("utf-8", "surrogateescape"), safe="")
    except UnicodeEncodeError:
        return quote(segment.encode("utf-8", "surrogatepass"), safe="")
