"""A small tenant of three subscriptions, collected by the real SDK from the simulator, and audited."""

import io
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
from azure.identity import ManagedIdentityCredential

from auditor.cli.audit import make_report
from auditor.cli.choosing import Asked as Options
from auditor.cli.choosing import choose
from auditor.cli.live import Live
from auditor.collectors.live.clouds import cloud_named
from auditor.collectors.live.collect import Wanted, collect, redacted, snapshot
from auditor.collectors.live.journal import Journal
from auditor.collectors.live.kinds import kept
from auditor.collectors.live.scope import Asked
from auditor.collectors.live.session import Session
from auditor.findings import Outcome, Report
from tests.azure_simulator import AzureSimulator, Fault
from tests.azure_simulator.clock import FakeClock
from tests.azure_simulator.loading import load

EXAMPLES = Path(__file__).parents[3] / "rules" / "examples"
HOME = "00000000-0000-0000-0000-000000000001"
HUB = "00000000-0000-0000-0000-000000000002"
POLICIES = "00000000-0000-0000-0000-000000000003"
SUBSCRIPTIONS = (HOME, HUB, POLICIES)
WORKLOADS = ("denied", "closed", "half-routed")

Json = dict[str, Any]


class Unseen:
    """Progress that nobody looks at."""

    def stage(self, what: str, total: int | None = None) -> None:
        """Take note of nothing."""

    def advance(self, steps: int = 1) -> None:
        """Take note of nothing."""


def _moved(text: str) -> str:
    """Return JSON with the hub in a subscription of its own, and the policy of the organisation in another."""
    base = f"/subscriptions/{HOME}/resourceGroups/rg-network/providers/Microsoft.Network/"
    for name, subscription in (
        *(
            (each, HUB)
            for each in ("virtualNetworks/vnet-hub", "azureFirewalls/fw-hub", "publicIPAddresses/pip-fw-hub")
        ),
        *((each, POLICIES) for each in ("firewallPolicies/fwp-org", "ipGroups/ipg-locked-down")),
        ("firewallPolicies/fwp-hub", HUB),
    ):
        text = text.replace(base + name, base.replace(HOME, subscription) + name)
    return text


@cache
def _tenant() -> bytes:
    found = msgspec.json.decode(_moved(msgspec.json.encode(load(str(EXAMPLES / "violating"))).decode()))
    names = [f"-{each}" for each in WORKLOADS]
    resources = [each for each in found["resources"] if _belongs(each, names)]
    ids = {each["id"] for each in resources}
    for each in resources:
        peerings = each["properties"].get("virtualNetworkPeerings")
        if peerings:
            there = [one for one in peerings if one["properties"]["remoteVirtualNetwork"]["id"] in ids]
            each["properties"]["virtualNetworkPeerings"] = there
        each["properties"].pop("publicIPAddress", None)
    found["resources"] = [kept(each) for each in sorted(resources, key=lambda each: str(each["id"]).lower())]
    return msgspec.json.encode(found)


def _belongs(document: Json, names: Sequence[str]) -> bool:
    """Tell whether a document of the violating example is of the workloads that are kept, or of all."""
    of_one = any(each in document["type"] for each in ("Web", "virtualNetworks")) and "vnet-hub" not in document["id"]
    return "fw-tunnel" not in document["id"] and (not of_one or document["name"].endswith(tuple(names)))


def tenant() -> Json:
    """Return the tenant as a snapshot that may be changed."""
    found: Json = msgspec.json.decode(_tenant())
    return found


def changed(found: Mapping[str, Any], name: str, change: Mapping[str, Any]) -> Json:
    """Return a copy of a snapshot with some properties of a resource replaced."""
    copy: Json = deepcopy(dict(found))
    for each in copy["resources"]:
        if each["name"] == name:
            each["properties"] |= change
    return copy


@contextmanager
def session_with(azure: AzureSimulator, *, timeout: float = 5.0) -> Iterator[Session]:
    """Give a session of the product with the simulator, signed in by managed identity."""
    real = ("AZURE_", "MSI_", "IDENTITY_", "IMDS_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(real)}
    with mock.patch.dict(os.environ, {**clean, **azure.environment}, clear=True):
        session = Session(cloud_named("public", os.environ), ManagedIdentityCredential, azure.clock, timeout=timeout)
        try:
            yield session
        finally:
            session.close()


EVERYTHING = Asked(subscriptions=SUBSCRIPTIONS)


def simulated(found: Mapping[str, Any], *faults: Fault, **options: Any) -> AzureSimulator:  # noqa: ANN401 - of the simulator
    """Return a simulator that serves a snapshot, with some faults, and in which nobody really waits."""
    return AzureSimulator(found, faults=faults, clock=FakeClock(), **options)


def wanted(asked: Asked = EVERYTHING, *, confirmed: bool = False) -> Wanted:
    """Return what to collect: the three subscriptions, unless another scope is given."""
    return Wanted(asked=asked, cloud="public", confirmed=confirmed)


def collected(azure: AzureSimulator, what: Wanted, *, redact: bool = False, timeout: float = 5.0) -> bytes:
    """Return the snapshot that is collected from the simulator, by the clock it goes by."""
    journal = Journal.begin(io.BytesIO(), what.header("2026-01-31T09:00:00Z"))
    with session_with(azure, timeout=timeout) as session:
        collect(session, what, journal, Unseen())
    return b"".join(redacted(journal) if redact else snapshot(journal))


NOT_LIVE = Live(
    subscriptions=(),
    management_groups=(),
    workload=None,
    cloud="public",
    auth=None,
    confirm=False,
    verbose=0,
    log_format="text",
)


def audited(data: bytes) -> Report:
    """Return the report on a snapshot, with every result."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(data)
        file.flush()
        options = Options(config=str(EXAMPLES / "violating" / "auditor.yaml"), as_of=None, editions=(), pack_dir=None)
        return make_report(choose((file.name,), options, NOT_LIVE), all_results=True, traces=False)


def outcomes(report: Report) -> dict[tuple[str, str], Outcome]:
    """Return the outcome of every requirement of every workload."""
    return {(each.workload, each.requirement): each.outcome for each in report.results}
