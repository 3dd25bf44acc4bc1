"""Where a finding stands, as SARIF says it: a line of a file, or a path of its own; and the resource of Azure."""

from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from auditor.findings import Location
from auditor.reporters.text import resource_name

_ABOVE = (".", "..", "")


class Places:
    """Where resources stand.

    outside: whether a file outside the repository may be named, by its absolute path. Where a resource stands in no
    file, or in none that may be named, it gets a path of its own, made of its ARM id.
    """

    def __init__(self, locations: Iterable[Location], *, outside: bool) -> None:
        self._located = {each.resource: each for each in locations}
        self._outside = outside
        self._told: dict[str, dict[str, Any]] = {}

    def of(self, resource: str) -> dict[str, Any]:
        """Return the location of a resource, logical and physical; every time the same object."""
        if resource not in self._told:
            self._told[resource] = self._location(resource)
        return self._told[resource]

    def _location(self, resource: str) -> dict[str, Any]:
        found = self._located.get(resource.lower().rstrip("/"))
        uri = _file_uri(found.file, outside=self._outside) if found else None
        if found is None or uri is None:
            uri, line, column = own_path(resource), 1, 1
        else:
            line, column = max(found.line, 1), max(found.column, 1)
        region = {"startLine": line, "startColumn": column, "endLine": line, "endColumn": column + 1}
        told: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
        return told | {"logicalLocations": [logical(resource)]} if resource else told


def logical(resource: str) -> dict[str, Any]:
    """Return a resource of Azure as a logical location."""
    return {"name": resource_name(resource), "fullyQualifiedName": resource, "kind": "resource"}


def own_path(resource: str) -> str:
    """Return the path of a resource that stands in no file: the same on any day and machine, and in no repository."""
    segments = [each for each in resource.lower().split("/") if each]
    if not segments:
        return "azure/audit"  # of no resource: it speaks of the audit as a whole
    return _quoted("/".join(["azure", *(each if each not in _ABOVE else f"_{each}" for each in segments)]))


def _file_uri(file: str, *, outside: bool) -> str | None:
    """Return the URI of a file: relative, or absolute where that may be; None otherwise."""
    if PurePosixPath(file).is_absolute() or PureWindowsPath(file).is_absolute():
        path = PurePosixPath(PureWindowsPath(file).as_posix())
        return f"file:///{_quoted('/'.join(each for each in path.parts if each != '/'))}" if outside else None
    return None if any(each in _ABOVE for each in file.split("/")) else _quoted(file)


def _quoted(path: str) -> str:
    """Return a path as a URI takes it, whatever characters or bytes its parts are made of."""
    try:
        return quote(path.encode("utf-8", "surrogateescape"), safe="/")
    except UnicodeEncodeError:
        return quote(path.encode("utf-8", "surrogatepass"), safe="/")
