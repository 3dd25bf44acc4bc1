"""What Azure itself tells of the dependencies of an environment (A20), and the service tags of its region."""

from collections.abc import Iterable
from typing import Any

from auditor.collectors.live.kinds import DEPENDENCY_LISTS, ENVIRONMENTS, NETWORK_API
from auditor.collectors.live.reading import Reading
from auditor.collectors.live.refusals import RefusedError
from auditor.collectors.live.scope import subscription_path
from auditor.collectors.needed import SERVICE_TAGS
from auditor.estate.arm import text, whole_number
from auditor.findings import Gap

_VNETS = "Microsoft.Network/virtualNetworks"
_WITH_DEPENDENCIES = frozenset({"asev1", "asev2"})


def read_dependency_lists(reading: Reading) -> None:
    """Read the lists of dependencies of every environment that has documented ones."""
    journal = reading.journal
    environments = [journal.document(at) for at in journal.ids(ENVIRONMENTS)]
    paths = [
        f"{text(each['id'])}/{name}"
        for each in environments
        if text(each.get("kind")).lower() in _WITH_DEPENDENCIES
        for name in DEPENDENCY_LISTS
    ]
    reading.progress.stage("lists of dependencies", len(paths))
    # Every environment depends on something: an empty list tells as little as none.
    reading.lists(paths, _unlisted, lambda path, items: [_as_document(path, items)] if items else [])


def _as_document(path: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a list, whose items have no ids, as the document of its own address."""
    name = path.rpartition("/")[2]
    return {"id": path, "name": name, "type": f"{ENVIRONMENTS}/{name}", "properties": {"value": items}}


def _unlisted(path: str, fault: RefusedError) -> Gap:
    environment, _, name = path.rpartition("/")
    told = f"{name} of App Service Environment {environment.rpartition('/')[2]}"
    return fault.gap(f"{ENVIRONMENTS}/{name}", path, told)


def read_service_tags(reading: Reading) -> None:
    """Read the service tag list of each region with an environment, or of one region where there is none."""
    places = _places(reading)
    reading.progress.stage("service tags", len(places))
    newest: dict[str, int] = {}
    for location, subscription in places.items():
        path = f"{subscription}/providers/Microsoft.Network/locations/{location}/serviceTags"
        unit = f"tags {location}"
        if unit in reading.journal.done:
            continue
        try:
            listed = _whole_list(reading, path)
        except RefusedError as fault:
            told = f"the service tag list of {location} could not be read"
            reading.journal.add_gap(unit, fault.gap(SERVICE_TAGS, f"{subscription}/locations/{location}", told))
        else:
            number = whole_number(listed.get("changeNumber")) or 0
            if number > max(newest.values(), default=-1):
                reading.journal.keep_tags(unit, location, listed)
            newest[location] = number
        reading.journal.finish(unit)
        reading.progress.advance()


def _places(reading: Reading) -> dict[str, str]:
    """Return the locations to ask for tags, in order, each with a subscription to ask in."""
    for kind in (ENVIRONMENTS, _VNETS):
        found: dict[str, str] = {}
        for at in reading.journal.ids(kind):
            location = "".join(text(reading.journal.document(at).get("location")).split()).lower()
            if location:
                found.setdefault(location, subscription_path(at))
            if found and kind == _VNETS:
                break
        if found:
            return dict(sorted(found.items()))
    return {}


def _whole_list(reading: Reading, path: str) -> dict[str, Any]:
    """Return a service tag list with the tags of all its pages."""
    whole: dict[str, Any] = {}
    values: list[Any] = []
    for page in reading.session.pages(path, NETWORK_API):
        whole = whole or {name: page[name] for name in ("changeNumber", "cloud") if name in page}
        values += _tags(page.get("values"))
    return {**whole, "values": values}


def _tags(values: object) -> Iterable[dict[str, Any]]:
    if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
        raise RefusedError(200, "", "the list holds no tags")
    for each in values:
        held = each.get("properties")
        prefixes = held.get("addressPrefixes") if isinstance(held, dict) else None
        if not isinstance(prefixes, list):
            raise RefusedError(200, "", "a tag holds no addresses")
        yield {"name": text(each.get("name")), "properties": {"addressPrefixes": prefixes}}
