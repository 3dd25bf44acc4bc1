"""`auditor trace`: one flow there and back, on the console and as JSON, in agreement with the audit."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from auditor.engine.audit import known_tags
from auditor.engine.network import Network
from auditor.engine.tracing import trace_flow
from auditor.estate.estate import build_estate
from auditor.findings import Outcome, Result
from auditor.packs import Kind, Requirement
from auditor.traces import Verdict
from tests.audits import NEWEST, PLAIN, audit_snapshot, of_kind, packs_of, requirements_of, snapshot_of
from tests.builders import network_id, subnet, vnet
from tests.cli.program import Done, call, refused, save
from tests.cli.running import document
from tests.estates import Draft

PASSES, STOPPED, OPEN = 0, 1, 3


@pytest.fixture
def estate(tmp_path: Path) -> str:
    """Return the compliant estate in one file."""
    return save(tmp_path, Draft())


def trace(estate: str, source: str, destination: str, *more: str) -> Done:
    """Trace a flow."""
    return call("trace", estate, "--from", source, "--to", destination, *more)


def test_a_flow_that_passes_is_drawn_there_and_back(estate: str) -> None:
    """Every hop that decides stands between the ends, with its rule; the verdict comes last."""
    done = trace(estate, "vnet-shop/ase", "graph.microsoft.com:443")
    marks = [line.strip() for line in done.out.splitlines() if line[:3].strip() and not line.startswith(" ")]

    assert (done.code, done.err) == (PASSES, "")
    assert marks[0] == "vnet-shop/ase to graph.microsoft.com on 443/tcp"
    assert any(line.startswith("ALLOW: ") for line in marks)
    for named in ("nsg-ase", "rt-ase", "fw-hub", "fwp-ase/rcg-application/allow-ase-names/ase-tags", "And the reply:"):
        assert named in done.out


def test_the_shipped_list_of_service_tags_is_a_caveat(tmp_path: Path) -> None:
    """Where the source has no tag list, the one that comes with the auditor counts, with its number and day (U5)."""
    draft = Draft()
    draft.tags.clear()

    done = trace(save(tmp_path, draft), "ase", "1.1.1.1", "--format", "json")

    (caveat,) = [each for each in json.loads(done.out)["caveats"] if each.startswith("service tags as of list")]
    assert re.match(r"service tags as of list \d+ of \d{4}-\d{2}-\d{2} that comes with the auditor: ", caveat)


def test_a_flow_that_is_stopped_ends_where_it_is_stopped(tmp_path: Path) -> None:
    """The rule that denies is the last hop, and the end is not reached."""
    draft = Draft()
    draft.security_rule("deny-rest")["direction"] = "Outbound"

    done = trace(save(tmp_path, draft), "ase", "graph.microsoft.com")

    assert done.code == STOPPED
    assert "nsg-ase/deny-rest" in done.out
    assert "graph.microsoft.com is not reached" in done.out
    assert "And the reply:" not in done.out


def test_a_flow_that_cannot_be_decided(tmp_path: Path) -> None:
    """What hangs on something unread is exit code 3, and never drawn as reached."""
    draft = Draft()
    draft.drop("nsg-ase")

    done = trace(save(tmp_path, draft), "ase", "graph.microsoft.com")

    assert done.code == OPEN
    assert "UNKNOWN: " in done.out
    assert "graph.microsoft.com may or may not be reached" in " ".join(done.out.split())


def test_inbound(estate: str) -> None:
    """Management traffic comes straight in, and its reply leaves the same way."""
    address = next(each.target for each in requirements_of(NEWEST) if each.kind is Kind.MANAGEMENT_SOURCE)

    done = trace(estate, address.removesuffix("/32"), "vnet-shop/ase:454", "--format", "json")
    found = document(done.out, "flow-trace")

    assert done.code == PASSES
    assert (found["verdict"], found["path"], found["reply"]["path"]) == ("allow", "direct", "direct")


@pytest.mark.parametrize(
    ("source", "destination", "code", "flow"),
    [
        ("vnet-shop/ase", "graph.microsoft.com", PASSES, ("vnet-shop/ase", "graph.microsoft.com", "443/tcp")),
        ("ase", "graph.microsoft.com:443/tcp", PASSES, ("vnet-shop/ase", "graph.microsoft.com", "443/tcp")),
        ("ASE", "*.update.microsoft.com:443", PASSES, ("vnet-shop/ase", "*.update.microsoft.com", "443/tcp")),
        ("ase", "ntp.contoso.com:123/udp", PASSES, ("vnet-shop/ase", "ntp.contoso.com", "123/udp")),
        ("ase", "gateway:443", PASSES, ("vnet-shop/ase", "vnet-shop/gateway", "443/tcp")),
        ("10.1.5.4", "ase:443", PASSES, ("10.1.5.4", "vnet-shop/ase", "443/tcp")),
        ("ase", "10.0.0.0/26:443", PASSES, ("vnet-shop/ase", "10.0.0.0/26", "443/tcp")),
        ("ase", "10.1.5.4/icmp", PASSES, ("vnet-shop/ase", "10.1.5.4", "icmp")),
        ("ase", "203.0.113.9:22", OPEN, ("vnet-shop/ase", "203.0.113.9", "22/tcp")),
        ("203.0.113.9", "ase:22", STOPPED, ("203.0.113.9", "vnet-shop/ase", "22/tcp")),
        ("ase", "[2001:db8::1]:443", STOPPED, ("vnet-shop/ase", "2001:db8::1", "443/tcp")),
        ("2001:db8::1", "ase:443", STOPPED, ("2001:db8::1", "vnet-shop/ase", "443/tcp")),
        ("[2001:db8::1]", "ase:443", STOPPED, ("2001:db8::1", "vnet-shop/ase", "443/tcp")),
    ],
)
def test_ends_are_written_as_people_write_them(
    source: str, destination: str, code: int, flow: tuple[str, str, str], estate: str
) -> None:
    """Subnets by path or bare name in any case, names, wildcards, addresses, prefixes, IPv6, with port or without."""
    done = trace(estate, source, destination, "--format", "json")
    found = document(done.out, "flow-trace")["flow"]

    assert done.code == code
    assert (found["source"], found["destination"], found["port"]) == flow


def test_a_subnet_by_its_id(estate: str) -> None:
    """An ARM id copied from the portal is a subnet, with a port or without."""
    subnet_id = Draft().of("vnet-shop")["subnets"][0]["id"]

    assert trace(estate, subnet_id, "graph.microsoft.com").code == PASSES
    assert trace(estate, subnet_id.upper(), "graph.microsoft.com").code == PASSES
    assert trace(estate, "gateway", f"{subnet_id}:443").code == PASSES


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [
        ("10.1.1.4", "graph.microsoft.com", 'neither "10.1.1.4" nor "graph.microsoft.com" is a subnet of the source'),
        ("nowhere", "graph.microsoft.com", "Subnets there are: vnet-hub/AzureFirewallSubnet, vnet-shop/ase, "),
        ("nowhere", "ase", '--from "nowhere" is neither a subnet of the source nor an address'),
        ("10.0.0.0/33", "ase", '--from "10.0.0.0/33" is neither a subnet of the source nor an address'),
        ("ase", "10.0.0.0/33", '--to "10.0.0.0/33" is not an address prefix; write it as 10.0.0.0/24'),
        ("ase", "nowhere", '--to "nowhere" is neither a full name nor an address; write it as api.contoso.com'),
        ("ase", "a.contoso.com:99999", '--to "a.contoso.com:99999": "99999" is not a port; write 1 to 65535'),
        ("ase", "a.contoso.com:0", '--to "a.contoso.com:0": "0" is not a port; write 1 to 65535'),
        ("ase", "a.contoso.com:https", '--to "a.contoso.com:https": "https" is not a port; write 1 to 65535'),
        ("ase", "a.contoso.com:", '"" is not a port; write 1 to 65535'),
        ("ase", "a.contoso.com:443/sctp", '"sctp" is not a protocol; write one of tcp, udp, icmp'),
        ("ase", "a.contoso.com/udp", "has no port; write it as api.contoso.com:443 or ntp.contoso.com:123/udp"),
        ("ase", "10.1.5.4:443/icmp", "ICMP has no ports; write it as 10.20.0.4/icmp"),
        ("ase", "2001:db8::1", "put IPv6 in brackets, as in [2001:db8::1]:443"),
        ("ase", "[2001:db8::1", "does not close its bracket before the port; write it as [2001:db8::1]:443"),
        ("ase", "https://a.contoso.com/x", "is a URL; write its name and port alone, as in api.contoso.com:443"),
        ("ase", "*", '"*" may be any name or any address; write 0.0.0.0/0 for every address, or a name'),
        ("ase", "a.*.contoso.com", "is no documented pattern; keep stars in the first part"),
        ("ase", "", '--to "" names no destination; write it as api.contoso.com:443'),
        ("ase", "\x1b[2J", "holds characters that cannot be printed"),
    ],
)
def test_ends_that_are_none(source: str, destination: str, message: str, estate: str) -> None:
    """One line that says which end, what is wrong and what would be right."""
    line = refused("trace", estate, "--from", source, "--to", destination)

    assert message in line


def test_a_name_of_several_subnets(tmp_path: Path) -> None:
    """A bare name that fits several subnets is refused with the first few of them; VNET/SUBNET settles it."""
    draft = Draft()
    draft.add(vnet("vnet-other", "10.9.0.0/16", [subnet("vnet-other", "ase", "10.9.1.0/24")]))
    file = save(tmp_path, draft)

    line = refused("trace", file, "--from", "ase", "--to", "graph.microsoft.com")

    assert line == '"ase" names 2 subnets (vnet-other/ase, vnet-shop/ase); write VNET/SUBNET or the ARM id'
    assert trace(file, "vnet-shop/ase", "graph.microsoft.com").code == PASSES


def test_two_subnets_of_one_path(tmp_path: Path) -> None:
    """The same names in two resource groups: only the id tells them apart."""
    draft = Draft()
    twin = json.dumps(vnet("vnet-shop", "10.9.0.0/16", [subnet("vnet-shop", "ase", "10.9.1.0/24")]))
    draft.add(json.loads(twin.replace("rg-network", "rg-other")))
    file = save(tmp_path, draft)

    line = refused("trace", file, "--from", "vnet-shop/ase", "--to", "graph.microsoft.com")

    assert line.startswith('"vnet-shop/ase" names 2 subnets (')
    assert (
        trace(file, f"{network_id('virtualNetworks', 'vnet-shop')}/subnets/ase", "graph.microsoft.com").code == PASSES
    )


def test_as_json_it_is_a_flow_trace(estate: str) -> None:
    """Fields, codes and the reply are those of flow-trace/1."""
    found = document(trace(estate, "ase", "graph.microsoft.com", "--format", "json").out, "flow-trace")

    assert (found["schema"], found["verdict"], found["path"]) == ("flow-trace/1", "allow", "firewall")
    assert [each["at"] for each in found["hops"]] == [
        "subnet-nsg",
        "route-table",
        "next-hop",
        "firewall",
        "firewall-egress",
    ]
    assert [each["verdict"] for each in found["hops"]] == ["allow"] * 5
    assert found["reply"]["verdict"] == "allow"


def test_an_older_edition_knows_its_own_names(estate: str) -> None:
    """--edition and --as-of choose the document that says which tag covers a name."""
    name = "graph.windows.net:443"

    assert trace(estate, "ase", name, "--edition", "ase-v2=2018-09-24").code == PASSES
    assert trace(estate, "ase", name, "--as-of", "2018-10-01").code == PASSES
    assert trace(estate, "ase", name).code == OPEN


def test_ascii_where_the_terminal_cannot_draw(estate: str) -> None:
    """Without UTF-8 the drawing is made of ASCII."""
    done = call("trace", estate, "--from", "ase", "--to", "graph.microsoft.com", encoding="cp1252")

    assert done.code == PASSES
    assert done.out.isascii()


@cache
def _network() -> Network:
    draft = Draft()
    estate = build_estate(snapshot_of(draft.documents, tags=draft.tags))
    return Network(estate, known_tags(estate, packs_of(NEWEST)))


@cache
def _audited() -> dict[str, Result]:
    draft = Draft()
    audited = audit_snapshot(snapshot_of(draft.documents, tags=draft.tags))
    return {each.requirement: each for each in audited.results}


NAMES = [
    each
    for each in requirements_of(NEWEST)
    if each.id in of_kind(NEWEST, Kind.FQDN, Kind.WILDCARD, Kind.IP, Kind.MANAGEMENT_SOURCE)
]


@pytest.mark.parametrize("requirement", NAMES, ids=lambda each: each.id.partition("/")[2])
def test_trace_agrees_with_the_audit(requirement: Requirement) -> None:
    """Every documented flow of the newest edition has the verdict, path and reason that the audit gives it."""
    result = _audited()[requirement.id]
    host, port = requirement.target.removesuffix("/32"), requirement.ports[0]
    ends = (host, f"ase:{port}") if requirement.kind is Kind.MANAGEMENT_SOURCE else ("ase", f"{host}:{port}")

    found = trace_flow(_network(), packs_of(NEWEST), PLAIN, *ends)

    assert (result.outcome, found.verdict) == (Outcome.PASS, Verdict.ALLOW)
    assert (found.verdict, found.path) == (result.verdict, result.path)
    assert result.trace is not None
    assert [each.code for each in found.hops] == [each.code for each in result.trace.hops]
    assert [each.decided_by for each in found.hops] == [each.decided_by for each in result.trace.hops]
