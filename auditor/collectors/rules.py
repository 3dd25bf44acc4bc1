"""Reads the requirement packs and the checks that ship with the product, and packs of the user's own.

Listing reads file names only; a pack is read and parsed when it is asked for.
"""

from collections.abc import Iterator
from hashlib import sha256
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

import msgspec

from auditor.checks import Check, parse_checks
from auditor.errors import PackError
from auditor.estate.network import TagList
from auditor.estate.read_owners import read_tag_list
from auditor.findings import Source
from auditor.guides import Guide, parse_guides
from auditor.packfile import parse_pack
from auditor.packs import Pack, PackName, pack_name
from auditor.shipped import shipped

_ENDINGS = (".yaml", ".yml")


def pack_names(pack_dir: Path | None = None) -> tuple[PackName, ...]:
    """Return the packs there are, by service, cloud and age.

    pack_dir: a folder of the user's own, laid out like rules/packs. A pack of the same service, edition, revision and
    cloud there takes the place of the shipped one.
    Raises PackError if the folder cannot be read or a file in it is not named like a pack.
    """
    found = {_identity(name): name for name in _names(shipped("rules") / "packs", "rules/packs", is_shipped=True)}
    if pack_dir is not None:
        found |= {_identity(name): name for name in _names(pack_dir, str(pack_dir), is_shipped=False)}
    return tuple(sorted(found.values(), key=lambda name: (name.service, name.cloud, name.age)))


def pack_files(pack_dir: Path) -> list[Path]:
    """Return the files in a folder of packs, whatever they are called. Raises PackError if it cannot be read."""
    return sorted(pack_dir / file for file in _files(pack_dir, str(pack_dir)))


def read_pack(name: PackName) -> Pack:
    """Return the pack called `name`. Raises PackError if its file cannot be read or is malformed."""
    place: Traversable = Path(name.path)
    if name.shipped:
        place = shipped("rules").joinpath(*name.path.split("/")[1:])
    try:
        data = place.read_bytes()
    except OSError as fault:
        raise PackError(f"{name.path}: cannot be read ({fault.strerror}); check the file and its permissions") from None
    return parse_pack(data, name.path)


def read_checks() -> MappingProxyType[str, Check]:
    """Return every check by id, in the order of rules/checks.yaml."""
    return parse_checks((shipped("rules") / "checks.yaml").read_bytes(), "rules/checks.yaml")


def read_guides() -> MappingProxyType[str, Guide]:
    """Return the guide to every check by the check's id, in the order of rules/check-guides.yaml."""
    return parse_guides((shipped("rules") / "check-guides.yaml").read_bytes(), "rules/check-guides.yaml")


def read_tag_list_of(cloud: str) -> TagList | None:
    """Return the service tag list that comes with the auditor for a cloud; None where there is none."""
    file = _tag_list_file(cloud)
    return read_tag_list(msgspec.json.decode(file.read_bytes()), shipped=True) if file.is_file() else None


def tag_list_source(tags: TagList) -> Source:
    """Return a service tag list that comes with the auditor as a source of a report."""
    digest = sha256(_tag_list_file(tags.cloud).read_bytes()).hexdigest()
    location = f"service tag list {tags.change_number} ({tags.cloud}) that comes with the auditor"
    return Source(kind="service tags", location=location, digest=f"sha256:{digest}", collected_at=tags.date)


def _tag_list_file(cloud: str) -> Traversable:
    return shipped("rules") / "service-tags" / f"{cloud}.json"


def _names(root: Traversable, path: str, *, is_shipped: bool) -> Iterator[PackName]:
    """Yield the names of the packs in the folders of `root`."""
    for file in _files(root, path):
        yield pack_name(f"{path}/{file}", shipped=is_shipped)


def _files(root: Traversable, path: str) -> Iterator[str]:
    """Yield the files in the folders of `root`, as FOLDER/FILE. path: what messages call it. Raises PackError."""
    try:
        folders = [folder for folder in root.iterdir() if folder.is_dir()]
        for folder in folders:
            yield from (f"{folder.name}/{file.name}" for file in folder.iterdir() if file.name.endswith(_ENDINGS))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a ValueError is a name with a null character
        raise PackError(f"{path}: no such folder; a pack folder holds SERVICE/EDITION.CLOUD.yaml files") from None
    except OSError as fault:
        raise PackError(f"{path}: cannot be read ({fault.strerror}); check its permissions") from None


def _identity(name: PackName) -> tuple[str, str, str]:
    return name.service, name.label, name.cloud
