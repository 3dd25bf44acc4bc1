"""Requirement packs: the documented requirements of one service as of one document date, in one cloud.

Which edition applies is decided by file names alone, so that only the chosen packs are ever parsed;
`auditor.packfile` parses one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from auditor.errors import PackError


class Kind(StrEnum):
    """What sort of thing a requirement asks for. One evaluator each in `auditor.engine`."""

    FIREWALL = "firewall"  # an Azure Firewall in the VNet of the workload or a peered hub
    FQDN_TAG = "fqdn-tag"  # an application rule allows this tag
    DEFAULT_ROUTE = "default-route"  # 0.0.0.0/0 leads to the firewall
    ROUTE_TABLE = "route-table"  # a route table is assigned to the subnet
    SERVICE_ENDPOINT = "service-endpoint"  # enabled on the subnet
    MANAGEMENT_SOURCE = "management-source"  # inbound from this address, and its reply returns
    IP = "ip"  # outbound to this address
    ANY = "any"  # outbound to any address on a port
    SERVICE_TAG = "service-tag"  # outbound to every address of a service tag
    FQDN = "fqdn"  # outbound to this name
    WILDCARD = "wildcard"  # outbound to every name of this pattern
    NSG_INBOUND = "nsg-inbound"  # the NSG of the subnet lets this source in


LIVE_PACK, LIVE_EDITION = "azure", "live"
"""What stands for pack and edition where Azure's own lists of an environment take the place of a document."""
_LIVE = f"{LIVE_PACK}@{LIVE_EDITION}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One documented thing that must hold.

    id: full and stable, such as "ase-v2@2018-09-24/fqdn:graph.windows.net:443".
    target: the address, prefix, name, pattern, tag or service, as documented: "40.77.24.27", "gr-Prod-*.cloudapp.net",
        "Microsoft.Sql", "AppServiceEnvironment"; "*" for any. For a firewall: the name the document asks its subnet
        to have, or "". "" where the kind says all.
    ports: empty where ports have no meaning.
    protocol: "http", "https", "tcp", "udp", "any" or "" (the document does not say).
    condition: "linux-apps", "region:NAMES" (only in those regions, see `locations`) or None (always).
    locations: Azure locations ("westus2") the condition names; empty where the region does not matter.
    via: documented next hop: "Internet", "firewall", "service-endpoint", or "" where the document does not say.
    tags: FQDN tags that the document publishes as covering this name.
    section: the table or list of the document it stands in.
    raw: the row of the document's table; "" for what only its steps say.
    """

    id: str
    kind: Kind
    target: str
    ports: tuple[int, ...] = ()
    protocol: str = ""
    condition: str | None = None
    locations: tuple[str, ...] = ()
    via: str = ""
    tags: tuple[str, ...] = ()
    section: str
    raw: str = ""

    @property
    def live(self) -> bool:
        """Whether it comes from Azure's own list of an environment, not from a document."""
        return self.id.startswith(_LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The documented requirements of one service as of one document date and revision, in one cloud.

    url: the page people should read; text_url: the very text the facts were taken from, "" where it has no address.
    read: the day it was read. confidence: "verbatim", "verbatim-from-translation" or "normalised-from-translation".
    companion: service whose edition in force on the same day belongs to this pack ("ase-management-addresses").
    management_routes: what the steps route to the Internet to keep management replies symmetric: "addresses",
        "service-tag", or "" where this document has no such step.
    management_tag: service tag holding the management addresses of this pack, where the document names one.
    step_endpoints: service endpoints that the steps ask for; the others stand in the document's table only.
    asked_beside_later: service tags that later editions ask rules for beside the names of this one.
    digest: "sha256:..." of the file.
    """

    service: str
    edition: str
    revision: str | None
    cloud: str
    title: str
    url: str
    text_url: str
    confidence: str
    read: str
    notes: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    digest: str
    companion: str | None = None
    management_routes: str = ""
    management_tag: str | None = None
    step_endpoints: tuple[str, ...] = ()
    asked_beside_later: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name of this edition: "2018-09-24", or "2019-06-11.r2" where one date has several texts."""
        return _label(self.edition, self.revision)

    @property
    def documented_openings(self) -> tuple[str, ...]:
        """Prefixes and service tag names that the document lists beside its names, in its order, each once."""
        openings: dict[str, None] = {}
        for requirement in self.requirements:
            if requirement.kind in {Kind.IP, Kind.MANAGEMENT_SOURCE}:
                whole = "/" in requirement.target
                openings[requirement.target if whole else f"{requirement.target}/32"] = None
            elif requirement.kind is Kind.SERVICE_TAG:
                openings[requirement.target] = None
        if self.management_tag is not None:
            openings[self.management_tag] = None
        return tuple(openings)


_NAME = re.compile(r"(?P<edition>\d{4}-\d\d-\d\d)(?:\.r(?P<revision>[1-9]\d{0,3}))?\.(?P<cloud>[a-z]+)\.yaml")
_SERVICE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackName:
    """What the place of a pack file says: `<service>/<edition>[.rN].<cloud>.yaml`.

    path: where the file is, for reading and for messages. shipped: it came with the product.
    """

    service: str
    edition: str
    revision: str | None
    cloud: str
    path: str
    shipped: bool = True

    @property
    def label(self) -> str:
        """The name of this edition: "2018-09-24", or "2019-06-11.r2" where one date has several texts."""
        return _label(self.edition, self.revision)

    @property
    def day(self) -> date:
        """The document date."""
        return date.fromisoformat(self.edition)

    @property
    def age(self) -> tuple[str, int]:
        """Sorts the editions of one service and cloud from oldest to newest."""
        return self.edition, int((self.revision or "r0")[1:])


def pack_name(path: str, *, shipped: bool = True) -> PackName:
    """Return what the last two parts of `path` say about the pack there; raise PackError if they are no pack's."""
    parts = path.replace("\\", "/").split("/")
    service = parts[-2] if len(parts) > 1 else ""
    found = _NAME.fullmatch(parts[-1])
    if found is None or not _is_date(found["edition"]) or not _SERVICE.fullmatch(service):
        raise PackError(
            f"{path}: not the name of a pack; name it SERVICE/YYYY-MM-DD.CLOUD.yaml, as in"
            " ase-v2/2018-09-24.public.yaml, or SERVICE/YYYY-MM-DD.rN.CLOUD.yaml where one date has several texts"
        )
    revision = None if found["revision"] is None else f"r{found['revision']}"
    return PackName(
        service=service,
        edition=found["edition"],
        revision=revision,
        cloud=found["cloud"],
        path=path,
        shipped=shipped,
    )


def edition_in_force(
    names: Iterable[PackName], service: str, cloud: str, as_of: date | None = None, edition: str | None = None
) -> PackName:
    """Return the pack of `service` in `cloud` to apply.

    edition: a label such as "2019-06-11.r1", or a date ("2019-06-11": its newest revision); it wins over `as_of`.
    as_of: picks the newest edition dated on or before that day. With neither, the newest of all.
    Raises PackError, saying what there is, if nothing fits.
    """
    editions = _editions(tuple(names), service, cloud)
    if edition is not None:
        return _named(editions, edition)
    if as_of is None:
        return editions[-1]
    in_force = [name for name in editions if name.day <= as_of]
    if not in_force:
        raise PackError(f"{service} ({cloud}) has no edition in force on {as_of}; the earliest is {editions[0].label}")
    return in_force[-1]


def _editions(names: tuple[PackName, ...], service: str, cloud: str) -> list[PackName]:
    """Return every edition of `service` in `cloud`, oldest first; at least one."""
    services = sorted({name.service for name in names})
    if service not in services:
        raise PackError(f'there is no pack "{service}"; there are {_listed(services)}{_nearest(service, services)}')
    clouds = sorted({name.cloud for name in names if name.service == service})
    if cloud not in clouds:
        raise PackError(f'{service} has no pack for the cloud "{cloud}"; it has {_listed(clouds)}')
    return sorted((name for name in names if (name.service, name.cloud) == (service, cloud)), key=lambda name: name.age)


def _named(editions: list[PackName], edition: str) -> PackName:
    """Return the newest of `editions` that is called `edition`, by label or by date."""
    fitting = [name for name in editions if edition in {name.label, name.edition}]
    if fitting:
        return fitting[-1]
    labels = [name.label for name in editions]
    known = f"{editions[0].service} ({editions[0].cloud})"
    raise PackError(f'{known} has no edition "{edition}"; it has {_listed(labels)}{_nearest(edition, labels)}')


def _label(edition: str, revision: str | None) -> str:
    return edition if revision is None else f"{edition}.{revision}"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _listed(words: list[str]) -> str:
    return ", ".join(words) or "none"


def _nearest(word: str, words: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - slow to load, and only mistakes need it

    near = get_close_matches(word, words, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
