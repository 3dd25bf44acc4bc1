"""How a large tenant is collected: requests against what the pages demand, quota, time, memory; from the simulator.

`python -m tests.bench_live write SUBSCRIPTIONS FILE` writes the tenant; `serve FILE` serves it until standard input
ends, and then prints what was asked. Each is a process of its own, so that its memory is not counted with another's.
"""

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

PER_SUBSCRIPTION = 100
PAGE = 1000
_EVERY = 100
"""Subscriptions to one with an environment and a hub of its own."""

Json = dict[str, Any]


def subscription(number: int) -> str:
    """Return the id of a subscription."""
    return f"00000000-0000-0000-{number // 65536:04x}-{number % 65536:012x}"


def tenant(subscriptions: int) -> Iterator[Json]:
    """Yield the documents of a tenant: a hundred of each subscription, and in some an environment behind a firewall."""
    from tests.azure_simulator.loading import load  # noqa: PLC0415 - what measures stays small

    example = json.dumps(load(str(Path(__file__).parent.parent / "rules" / "examples" / "compliant"))["resources"])
    for number in range(subscriptions):
        name = subscription(number)
        if number % _EVERY == 0:
            yield from json.loads(example.replace("00000000-0000-0000-0000-000000000001", name))
        yield from _ordinary(name)


def _ordinary(name: str) -> Iterator[Json]:
    """Yield networks with tables, groups and machines in one subscription."""
    network = f"/subscriptions/{name}/resourceGroups/rg/providers/Microsoft.Network"
    for number in range(PER_SUBSCRIPTION // 10):
        at = f"{network}/virtualNetworks/vnet-{number}"
        machines = [f"{network}/networkInterfaces/nic-{number}-{each}" for each in range(7)]
        subnet = {
            "addressPrefix": f"10.{number}.1.0/24",
            "routeTable": {"id": f"{network}/routeTables/rt-{number}"},
            "networkSecurityGroup": {"id": f"{network}/networkSecurityGroups/nsg-{number}"},
            "ipConfigurations": [{"id": f"{each}/ipConfigurations/ip"} for each in machines],
        }
        space = {"addressPrefixes": [f"10.{number}.0.0/16"]}
        subnets = [{"id": f"{at}/subnets/vm", "name": "vm", "properties": subnet}]
        yield _document(at, {"addressSpace": space, "subnets": subnets, "virtualNetworkPeerings": []})
        yield _document(f"{network}/routeTables/rt-{number}", {"routes": [_route(each) for each in range(10)]})
        yield _document(
            f"{network}/networkSecurityGroups/nsg-{number}", {"securityRules": [], "defaultSecurityRules": []}
        )
        for position, each in enumerate(machines):
            own = {"privateIPAddress": f"10.{number}.1.{4 + position}", "subnet": {"id": f"{at}/subnets/vm"}}
            yield _document(
                each, {"ipConfigurations": [{"id": f"{each}/ipConfigurations/ip", "name": "ip", "properties": own}]}
            )


def _route(number: int) -> Json:
    fields = {"addressPrefix": f"13.{number}.0.0/16", "nextHopType": "Internet"}
    return {"name": f"r{number}", "properties": fields}


def _document(arm_id: str, properties: Json) -> Json:
    kind, name = arm_id.split("/")[-2:]
    told = {"id": arm_id, "name": name, "type": f"Microsoft.Network/{kind}", "location": "westeurope"}
    return {**told, "properties": {"provisioningState": "Succeeded", **properties}}


def write(subscriptions: int, file: Path) -> None:
    """Write the tenant as a snapshot."""
    with file.open("wb") as target:
        head = {"schema": "snapshot/1", "collected_at": "2026-01-31T09:00:00Z", "collector": "bench", "cloud": "public"}
        target.write(
            msgspec.json.encode({**head, "scope": [], "service_tags": {}, "gaps": []})[:-1] + b',"resources":['
        )
        for number, each in enumerate(tenant(subscriptions)):
            target.write((b",\n" if number else b"\n") + msgspec.json.encode(each))
        target.write(b"]}")


def serve(file: Path) -> None:
    """Serve a tenant until standard input ends; print how to reach it, and in the end what was asked of it."""
    from tests.azure_simulator import AzureSimulator  # noqa: PLC0415 - see above

    found: Json = msgspec.json.decode(file.read_bytes())
    kinds = [each["type"] for each in found["resources"]]
    homes = sorted({each["id"].split("/")[2] for each in found["resources"]})
    groups = sum(each.count("/") > 1 for each in kinds)
    with AzureSimulator(found, management_groups={"all": homes}) as azure:
        sys.stdout.write(json.dumps(dict(azure.environment)) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        asked = azure.requests
        refused = azure.refused_for_quota
    reads = {each.path for each in asked if each.method == "GET" and each.path != "/subscriptions"}
    by_id = {each.query for each in asked if "where id in~" in each.query}
    pages = [len(homes), len(homes), len(kinds) - groups, groups]
    demanded = sum(max(1, math.ceil(each / PAGE)) for each in pages) + len(reads) + len(by_id)
    told = {"resources": len(kinds), "requests": len(asked), "demanded": demanded, "refused": refused}
    sys.stdout.write(json.dumps(told) + "\n")


def served(file: Path) -> "subprocess.Popen[str]":
    """Start serving a tenant in a process of its own."""
    command = [sys.executable, "-m", "tests.bench_live", "serve", str(file)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main() -> int:
    """Do one part, as the module says."""
    what, *rest = sys.argv[1:]
    if what == "write":
        write(int(rest[0]), Path(rest[1]))
    else:
        serve(Path(rest[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
