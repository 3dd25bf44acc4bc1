"""The shapes a JSON value can have, told apart by content, and what each holds.

A snapshot, one ARM resource, a list, `{"value": [...]}`, Resource Graph `{"data": [...]}` as objects or as a table,
the exports of PSRule, and service tag lists.
"""

from dataclasses import dataclass, field
from typing import Any

from auditor.collectors.documents import Named, looks_like_resource, read_documents
from auditor.collectors.foreign import explain_item, explain_object, json_kind, names_resource
from auditor.collectors.needed import SERVICE_TAGS
from auditor.collectors.paging import Page, page_of
from auditor.collectors.unreadable import Unreadable, quoted
from auditor.estate import arm
from auditor.findings import Gap

SNAPSHOT_SCHEMA = "snapshot/1"
"""The schema of the snapshots this auditor reads and writes."""


@dataclass(slots=True)
class Content:
    """What one file holds.

    named: resources that are listed without what they are set to. pages: lists that are not all.
    collected_at: of a snapshot; None for other files. is_snapshot: whether it is one. skew, scope: as in a
    Source.
    """

    resources: list[dict[str, Any]] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    service_tags: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    collected_at: str | None = None
    is_snapshot: bool = False
    skew: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()


def read_value(value: object) -> Content:
    """Return what a JSON value holds. Its objects are handed on, not copied. Raises Unreadable."""
    content = Content()
    if isinstance(value, list):
        _read_items(value, content)
    elif isinstance(value, dict):
        _read_object(value, content)
    else:
        raise Unreadable(
            f"holds no resources, only JSON of {json_kind(value)}", "save the output of `az ... -o json`", hides=False
        )
    return content


def _read_object(raw: dict[str, Any], content: Content) -> None:
    """Add what an object that is the whole of a file holds."""
    if arm.text(raw.get("schema")).startswith("snapshot/"):
        _read_snapshot(raw, content)
    elif "error" in raw and isinstance(raw["error"], dict):
        raise explain_object(raw)
    elif isinstance(raw.get("value"), list):
        _read_listing(raw, raw["value"], content)
    elif isinstance(raw.get("data"), list):
        _read_listing(raw, raw["data"], content)
    elif (rows := _table(raw)) is not None:
        _read_listing(raw, rows, content)
    elif not _read_item(raw, content):
        raise explain_object(raw)


def _read_listing(raw: dict[str, Any], rows: list[Any], content: Content) -> None:
    """Add the rows of an answer that lists, and whether they are all."""
    page = page_of(raw, rows)
    if page is not None:
        content.pages.append(page)
    _read_items(rows, content)


def _read_items(items: list[Any], content: Content) -> None:
    """Add every item of a list. One that cannot be read takes the rest with it, so then more may be missing."""
    for position, item in enumerate(items, start=1):
        try:
            if not isinstance(item, dict) or not _read_item(item, content):
                raise explain_item(position, item)
        except Unreadable as found:
            found.hides = True if any(map(names_resource, items)) else found.hides
            raise


def _read_item(raw: dict[str, Any], content: Content) -> bool:
    """Add one resource or service tag list; return False for anything else."""
    if isinstance(raw.get("values"), list) and ("changeNumber" in raw or "cloud" in raw):
        _read_service_tags(raw, content)
    elif looks_like_resource(raw):
        for document in read_documents(raw):
            if isinstance(document, Named):
                content.named.append(document)
            else:
                content.resources.append(document)
    else:
        return False
    return True


def _read_service_tags(raw: dict[str, Any], content: Content) -> None:
    """Add a service tag list: the answer of Azure or the published file."""
    content.service_tags.append(raw)
    page = page_of({**raw, "totalRecords": 0}, ())
    if page is not None:
        content.gaps.append(
            Gap(
                what=SERVICE_TAGS,
                scope="",
                why="the service tag list is one page of more",
                needs="the whole list, as `az network list-service-tags -o json` returns it",
            )
        )


def _read_snapshot(raw: dict[str, Any], content: Content) -> None:
    """Add everything in a snapshot, its gaps included."""
    if raw["schema"] != SNAPSHOT_SCHEMA:
        reason = f'is a snapshot of schema "{quoted(raw["schema"])}"; this auditor reads "{SNAPSHOT_SCHEMA}"'
        raise Unreadable(reason, "collect it again, or use the auditor of the version that wrote it")
    resources, tags = raw.get("resources"), raw.get("service_tags")
    if not isinstance(resources, list):
        raise Unreadable('is a snapshot without its list of "resources"', "collect it again")
    content.is_snapshot = raw.get("complete") is not False
    content.collected_at = arm.text(raw.get("collected_at")) or None
    content.skew, content.scope = _ids(raw.get("skew")), _ids(raw.get("scope"))
    _read_items(resources, content)
    # One service tag list, or several by name.
    by_name = isinstance(tags, dict) and "values" not in tags
    for each in _objects("service_tags", list(arm.mapping(tags).values()) if by_name else tags):
        _read_service_tags(each, content)
    for gap in _objects("gaps", raw.get("gaps")):
        what, scope, why, needs = (arm.text(gap.get(key)) for key in ("what", "scope", "why", "needs"))
        content.gaps.append(Gap(what=what or "*", scope=scope, why=why, needs=needs))


def _ids(listed: object) -> tuple[str, ...]:
    """Return ids of resources or scopes in comparing form, sorted; none where there is no list of them."""
    return tuple(sorted({arm.key(arm.text(each)) for each in listed})) if isinstance(listed, list) else ()


def _objects(part: str, value: object) -> list[dict[str, Any]]:
    """Return the objects in a part of a snapshot: none, one or a list."""
    objects: list[Any] = value if isinstance(value, list) else [value] if value else []
    if not all(isinstance(each, dict) for each in objects):
        raise Unreadable(f'is a snapshot the "{part}" of which are no objects', "collect it again")
    return objects


def _table(raw: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the rows of a Resource Graph answer in table form as objects; None where it is none."""
    table = raw["data"] if isinstance(raw.get("data"), dict) else raw
    columns, rows = table.get("columns"), table.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list):
        return None
    names = [arm.text(column.get("name")) for column in arm.any_objects(columns)]
    if len(names) != len(columns) or not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        raise Unreadable("is a Resource Graph table whose rows do not fit its columns", "run the query again")
    return [dict(zip(names, row, strict=True)) for row in rows]
