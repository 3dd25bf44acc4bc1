"""Reading only, and only what the README says."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

from auditor.collectors.live.scope import Asked
from auditor.collectors.needed import type_of_id
from tests.azure_simulator import Request
from tests.collectors.live.collecting import HOME, collected, simulated, wanted
from tests.collectors.live.test_vectors_of_collection import hub_of_wan

README = Path(__file__).parents[3] / "README.md"


def listed() -> list[str]:
    """Return the actions that the README lists."""
    _, _, table = README.read_text(encoding="utf-8").partition("| action | for |\n|---|---|\n")
    return re.findall(r"`(Microsoft\.[\w/*]+/read)`", table.partition("\n\n")[0])


def action(request: Request) -> str:
    """Return the action that Azure asks for at a request."""
    kind = type_of_id(request.path) or type_of_id(f"{request.path}/x")
    if request.path == "/subscriptions":
        kind = "Microsoft.Resources/subscriptions"
    return f"{kind}/read".lower()


def test_every_request_is_a_read_that_the_readme_lists() -> None:
    """Nothing is written, and no action is used that the README leaves out; nor does it list one in vain."""
    found = hub_of_wan()
    network = next(each for each in found["resources"] if each["name"] == "vnet-denied")
    scale_set = f"/subscriptions/{HOME}/resourceGroups/rg-apps/providers/Microsoft.Compute/virtualMachineScaleSets/set"
    network["properties"]["subnets"][0]["properties"]["ipConfigurations"] = [
        {"id": f"{scale_set}/virtualMachines/0/networkInterfaces/nic/ipConfigurations/ip"}
    ]
    with simulated(found, management_groups={"all": [HOME]}) as azure:
        collected(azure, wanted(Asked(management_groups=("all",)), confirmed=True))
        requests = azure.requests

    used = {action(each) for each in requests}
    patterns = [each.lower() for each in listed()]
    assert {(each.method, "/providers/Microsoft.ResourceGraph/" in each.path) for each in requests} == {
        ("GET", False),
        ("POST", True),
    }
    assert [each for each in sorted(used) if not any(fnmatchcase(each, one) for one in patterns)] == []
    in_vain = [each for each in patterns if not any(fnmatchcase(one, each) for one in used)]
    # Apps and plans are found by Resource Graph, for which the right to read them is what counts.
    assert set(in_vain) == {"microsoft.web/serverfarms/read", "microsoft.web/sites/read"}
