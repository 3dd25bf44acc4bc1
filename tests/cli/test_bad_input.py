"""Input that is not as it should be: one line and exit code 2, or a gap and `unknown` where the rest is worth auditing.

Never a traceback, and never a pass.
"""

import gzip
import json
import os
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.builders import network_id, route
from tests.cli.program import PREFIX, Done, as_ordinary_user, call, refused, save, shell
from tests.cli.running import document
from tests.estates import Draft

INCOMPLETE = 3
BIG = 20 * 1024 * 1024
HUGE = 200 * 1024 * 1024
IS_NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def deep(levels: int) -> bytes:
    """Return a list in a list in a list."""
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty; run the command that wrote it again and look at its messages"),
        (b" \n\t", "holds only white space; run the command that wrote it again"),
        (b'[{"id": 1},\n {"id" 2}]', "is not JSON: expected ':' at line 2, column 8; save the JSON again, whole"),
        ('[{"name": "läge"},\n "ä" x]'.encode(), "line 2, column 6; save the JSON again, whole and unchanged"),
        (b'{"value": [', "the JSON ends unfinished at line 1, column 12; save the JSON again, whole and unchanged"),
        (b'[{"id": NaN}]', "is not JSON: NaN at line 1, column 9; save the JSON again"),
        (b"[]\n[]", "more follows the end of the JSON at line 2, column 1; keep one JSON document per file"),
        (b'[{"name": "l\xe4ge"}]', "byte 0xe4 at line 1, column 13 is not UTF-8; save it as UTF-8"),
        (b"\xff\xfe[\x00]", "starts as UTF-16 but is not valid UTF-16; save it as UTF-8"),
        ("[]".encode("utf-16-le"), "save it as UTF-8"),
        ("[]".encode("utf-32"), "is encoded in UTF-32; save it as UTF-8"),
        (b"\x1f\x8bno gzip", "its gzip compression is damaged or cut off; compress it again"),
        (gzip.compress(b"[]" * 1000, mtime=0)[:-9], "its gzip compression is damaged or cut off; compress it again"),
        (deep(100_000), "is nested too deeply to be ARM JSON; save the JSON again, whole and unchanged"),
        (b'"text"', "holds no resources, only JSON of "),
        (b"1", "holds no resources, only JSON of "),
        (b"null", "holds no resources, only JSON of "),
        (b"{}", "; "),
        (b'{"error": {"code": "AuthorizationFailed", "message": "no"}}', "AuthorizationFailed"),
        (b'{"schema": "snapshot/9", "resources": []}', '"snapshot/9"; this auditor reads "snapshot/1"'),
        (b"Please run 'az login' to setup account.", "is not JSON: "),
        (b"<html>", "is not JSON: "),
    ],
    ids=[
        "empty",
        "white-space",
        "no-colon",
        "after-wide-letters",
        "unfinished",
        "not-a-number",
        "two-documents",
        "latin-1",
        "broken-utf-16",
        "utf-16-without-mark",
        "utf-32",
        "no-gzip",
        "cut-gzip",
        "deep",
        "a-text",
        "a-number",
        "null",
        "empty-object",
        "azure-error",
        "later-snapshot",
        "message-of-az",
        "html",
    ],
)
@pytest.mark.parametrize("way", ["file", "stdin"])
def test_a_file_that_cannot_be_read(data: bytes, message: str, way: str, tmp_path: Path) -> None:
    """What, where with line and column, and what to do; from a file and from a pipe alike."""
    file = tmp_path / "estate.json"
    file.write_bytes(data)

    line = refused("audit", str(file)) if way == "file" else refused("audit", "-", stdin=data)

    assert line.startswith(f"{file if way == 'file' else 'stdin'}: ")
    assert message in line
    assert len(line) < 400


@pytest.mark.parametrize("command", [("audit",), ("trace", "--from", "ase", "--to", "graph.microsoft.com")])
def test_a_place_that_holds_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    """A missing file, a folder without JSON, an empty name: one line each, whichever command reads it."""
    (tmp_path / "notes.txt").write_text("[]", encoding="utf-8")
    (tmp_path / ".hidden.json").write_text("[]", encoding="utf-8")

    for source, message in (
        (str(tmp_path / "none.json"), f"{tmp_path / 'none.json'}: no such file or folder; check the path"),
        (str(tmp_path), f"{tmp_path}: no .json or .json.gz file in it or below; point at the folder that holds the"),
        ("", "a SOURCE is empty text; name a file, a folder or - for standard input"),
    ):
        assert refused(*command, source).startswith(message)
    assert refused("audit", "-", "-") == "stdin: can be read only once; name - once"


def test_one_bad_file_in_a_folder_is_named(tmp_path: Path) -> None:
    """A folder is refused for a file that is not JSON, by the name of that file."""
    save(tmp_path, Draft())
    (tmp_path / "broken.json").write_bytes(b"[")

    assert refused("audit", str(tmp_path)).startswith(f"{tmp_path / 'broken.json'}: the JSON ends unfinished")


def test_a_compressed_file_takes_no_more_memory_than_it_needs(tmp_path: Path) -> None:
    """A small one is read where 4 GB are allowed, as a container may."""
    packed = tmp_path / "estate.json.gz"
    packed.write_bytes(gzip.compress(Path(save(tmp_path, Draft())).read_bytes()))

    done = shell('ulimit -v 4000000; "$@"', "audit", str(packed))

    assert (done.code, done.err) == (0, "")


def test_a_file_that_others_own(tmp_path: Path) -> None:
    """A file without permission to read is named, with what to do."""
    file = Path(save(tmp_path, Draft()))
    file.chmod(0)

    done = as_ordinary_user("audit", str(file))

    assert (done.code, done.out) == (2, "")
    assert done.err == f"{PREFIX}{file}: not readable by you; change its permissions or run as its owner\n"


def route_of_33_bits(draft: Draft) -> None:
    """Give the route table a route no address fits."""
    draft.routes.append(route("odd", "10.0.0.0/33", "Internet"))


def firewall_rule_on_port_99999(draft: Draft) -> None:
    """Give a firewall rule a port that does not exist."""
    draft.rule("rcg-network", "ntp")["destinationPorts"] = ["99999"]


def security_rule_on_port_99999(draft: Draft) -> None:
    """Give a security rule a port that does not exist."""
    draft.security_rule("allow-probes")["destinationPortRange"] = "99999"


def two_resources_of_one_id(draft: Draft) -> None:
    """Have the route table twice, with different routes."""
    twin = deepcopy(draft.resource("rt-ase"))
    twin["properties"]["routes"].pop()
    draft.add(twin)


def a_policy_based_on_its_child(draft: Draft) -> None:
    """Make the base policy the child of its own child."""
    draft.of("fwp-org")["basePolicy"] = {"id": network_id("firewallPolicies", "fwp-ase")}


def a_policy_based_on_itself(draft: Draft) -> None:
    """Make the base policy its own base."""
    draft.of("fwp-org")["basePolicy"] = {"id": network_id("firewallPolicies", "fwp-org")}


def an_unknown_next_hop_type(draft: Draft) -> None:
    """Send the default route somewhere no one has heard of."""
    draft.route("0.0.0.0/0")["nextHopType"] = "Teleport"


def an_unknown_access(draft: Draft) -> None:
    """Have a security rule that neither allows nor denies."""
    draft.security_rule("allow-probes")["access"] = "Perhaps"


def an_unknown_action(draft: Draft) -> None:
    """Have a rule collection that neither allows nor denies."""
    draft.of("rcg-network")["ruleCollections"][0]["action"]["type"] = "Perhaps"


def an_unknown_protocol(draft: Draft) -> None:
    """Have a firewall rule for a protocol no one has heard of."""
    draft.rule("rcg-network", "ntp")["ipProtocols"] = ["QUIC"]


def an_unknown_rule_type(draft: Draft) -> None:
    """Have a firewall rule of a kind no one has heard of."""
    draft.rule("rcg-network", "ntp")["ruleType"] = "FutureRule"


def an_unknown_collection_type(draft: Draft) -> None:
    """Have a rule collection of a kind no one has heard of."""
    draft.of("rcg-network")["ruleCollections"][0]["ruleCollectionType"] = "FutureRuleCollection"


def an_unknown_firewall_state(draft: Draft) -> None:
    """Have the firewall in a state no one has heard of."""
    draft.of("fw-hub")["provisioningState"] = "Dreaming"


def an_unknown_endpoint_state(draft: Draft) -> None:
    """Have a service endpoint in a state no one has heard of."""
    draft.ase["serviceEndpoints"][0]["provisioningState"] = "Dreaming"


def an_unknown_peering_state(draft: Draft) -> None:
    """Have a peering in a state no one has heard of."""
    draft.of("vnet-shop")["virtualNetworkPeerings"][0]["properties"]["peeringState"] = "Dreaming"


def an_unknown_version(draft: Draft) -> None:
    """Have an environment of a version to come."""
    draft.resource("ase-shop")["kind"] = "ASEV9"


Change = Callable[[Draft], None]


def audited(change: Change, folder: Path) -> tuple[Done, dict[str, Any]]:
    """Audit the compliant estate with a change, as people see it and as JSON."""
    draft = Draft()
    change(draft)
    file = save(folder, draft)
    return call("audit", file), document(call("audit", file, "--format", "json").out, "audit-report")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (route_of_33_bits, 'rt-ase cannot be read: route odd: "10.0.0.0/33" is not an address prefix; write it as'),
        (firewall_rule_on_port_99999, 'rule ntp: "99999" is not a port'),
        (security_rule_on_port_99999, 'nsg-ase cannot be read: security rule allow-probes: "99999" is not a port'),
        (two_resources_of_one_id, "rt-ase is there 2 times with different content, in estate.json"),
        (an_unknown_rule_type, 'rule ntp: "futurerule" is no rule type the auditor knows'),
    ],
)
def test_what_cannot_be_read_is_a_gap(change: Change, said: str, tmp_path: Path) -> None:
    """One resource that makes no sense is a gap with what is wrong and what to do; the rest is still audited."""
    done, found = audited(change, tmp_path)
    (gap,) = found["gaps"]

    assert (done.code, done.err) == (INCOMPLETE, "")
    assert said in gap["why"]
    assert gap["needs"]
    assert {each["check"] for each in found["findings"]} == {"undetermined"}
    assert said in " ".join(done.out.split())


@pytest.mark.parametrize(
    "change",
    [
        a_policy_based_on_its_child,
        a_policy_based_on_itself,
        an_unknown_next_hop_type,
        an_unknown_access,
        an_unknown_action,
        an_unknown_protocol,
        an_unknown_collection_type,
        an_unknown_firewall_state,
        an_unknown_endpoint_state,
        an_unknown_peering_state,
        an_unknown_version,
    ],
)
def test_what_is_not_known_is_unknown(change: Change, tmp_path: Path) -> None:
    """A word that Azure may add one day is neither a permission nor a defect."""
    done, found = audited(change, tmp_path)

    assert (done.code, done.err) == (INCOMPLETE, "")
    assert {each["check"] for each in found["findings"]} == {"undetermined"}
    assert found["workloads"][0]["summary"]["unknown"] > 0


@pytest.mark.parametrize(
    "change", [a_policy_based_on_its_child, firewall_rule_on_port_99999, route_of_33_bits, two_resources_of_one_id]
)
def test_one_cause_is_one_finding(change: Change, tmp_path: Path) -> None:
    """What cannot be read is one finding, however many requirements hang on it, and the finding names it."""
    _, found = audited(change, tmp_path)
    (finding,) = found["findings"]

    assert any(name in finding["message"] for name in ("fwp-ase", "fwp-org", "rcg-network", "rt-ase"))


@pytest.mark.parametrize("field", ["routes", "disableBgpRoutePropagation"])
@pytest.mark.parametrize("value", [None, 1, "x", {"a": 1}, [1], [None], [[]], [{}], [{"name": 1}]])
def test_fields_of_another_shape_never_pass_for_a_table(field: str, value: object, tmp_path: Path) -> None:
    """Whatever stands where a list or a word should: a report or one line, and never a traceback."""

    def change(draft: Draft) -> None:
        draft.of("rt-ase")[field] = value

    done, _ = audited(change, tmp_path)

    assert done.code in {0, 1, INCOMPLETE}
    assert done.err == ""
    if field == "routes":
        assert done.code != 0


@pytest.mark.parametrize("subnet_id", ["0.0.0.0/0", "x", "/", "/subscriptions/x", "//"])
@pytest.mark.parametrize(
    "command",
    [("audit",), ("trace", "--from", "vnet-shop/ase", "--to", "graph.microsoft.com"), ("trace", "--from", "a")],
)
def test_a_subnet_whose_id_is_none(subnet_id: str, command: tuple[str, ...], tmp_path: Path) -> None:
    """An id that names nothing is told or left aside, by whichever command reads it."""
    draft = Draft()
    draft.of("vnet-shop")["subnets"][1]["id"] = subnet_id
    to = () if "--to" in command or command == ("audit",) else ("--to", "10.1.5.4:443")

    done = call(*command, *to, save(tmp_path, draft))

    assert done.code in {0, 1, 2, INCOMPLETE}
    assert done.err.count("\n") == (1 if done.code == 2 else 0)


def test_nesting_in_a_resource_is_no_fault(tmp_path: Path) -> None:
    """A property we do not read may be as deep as JSON allows; the estate is still decided."""
    draft = Draft()
    inner: list[object] = []
    for _ in range(300):
        inner = [inner]
    draft.of("rt-ase")["future"] = inner

    assert call("audit", save(tmp_path, draft)).code == 0


def padded(file: Path, size: int) -> None:
    """Write the compliant estate with route tables no subnet uses, until the file has a size in bytes."""
    draft = Draft()
    table = draft.resource("rt-ase")
    with file.open("w", encoding="utf-8") as stream:
        stream.write("[")
        written = number = 0
        while written < size:
            number += 1
            name = f"rt-unused-{number:07}"
            written += stream.write(json.dumps({**table, "id": network_id("routeTables", name), "name": name}) + ",\n")
        stream.write(", ".join(json.dumps(each) for each in [*draft.documents, *draft.tags]) + "]")


@pytest.mark.parametrize(
    "size",
    [
        BIG,
        pytest.param(HUGE, marks=pytest.mark.skipif(not IS_NIGHTLY, reason="a file of 200 MB is for make nightly")),
    ],
)
def test_a_big_file_is_read(size: int, tmp_path: Path) -> None:
    """A big estate is only slower; cut off, it is one line with the place."""
    file = tmp_path / "big.json"
    padded(file, size)

    assert call("audit", str(file)).code == 0

    os.truncate(file, size // 2)

    assert refused("audit", str(file)).startswith(f"{file}: ")


@pytest.mark.skipif(not IS_NIGHTLY, reason="a file of 200 MB is for make nightly")
@pytest.mark.parametrize("filling", [b"\x00", b" ", b"[", b'"', b"1"])
def test_a_huge_file_of_nothing_is_one_line(filling: bytes, tmp_path: Path) -> None:
    """A disk image, a core dump or a log is refused like any other file."""
    file = tmp_path / "huge.json"
    file.write_bytes(filling * HUGE)

    assert refused("audit", str(file)).startswith(f"{file}: ")


def test_a_name_cannot_act_on_the_terminal_or_the_log(tmp_path: Path) -> None:
    """Names are other people's input: nothing in a report but its own layout is anything but plain text."""
    draft = Draft()
    draft.routes[1]["name"] = "x\x1b[2J\n::error::owned\u202e"
    draft.routes[1]["properties"]["nextHopType"] = "None"

    done = call("audit", save(tmp_path, draft))

    assert done.code == 1
    assert all(line.isprintable() for line in done.out.split("\n"))
    assert not any(line.startswith("::") for line in done.out.splitlines())
