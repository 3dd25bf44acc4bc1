"""A redacted snapshot names nobody, and is audited with the same outcome."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.live.collect import redacted
from auditor.collectors.live.journal import Journal
from auditor.collectors.live.redaction import Redactor
from auditor.estate.arm import key
from auditor.findings import Gap

HOME = "/subscriptions/11111111-2222-3333-4444-555555555555"
VNET = f"{HOME}/resourceGroups/rg-contoso/providers/Microsoft.Network/virtualNetworks/vnet-contoso"


def redactor() -> Redactor:
    """Return what makes the pseudonyms."""
    return Redactor(HOME)


def test_ids_keep_their_shape() -> None:
    """Of an ARM id the subscription, the resource group and every name are replaced; types and Azure's names stay."""
    parts = redactor().arm_id(f"{VNET}/subnets/AzureFirewallSubnet").split("/")

    kept = [parts[at] for at in (1, 3, 5, 6, 7, 9, 10)]
    assert kept == [
        *("subscriptions", "resourceGroups", "providers", "Microsoft.Network", "virtualNetworks", "subnets"),
        "AzureFirewallSubnet",
    ]
    assert not {"rg-contoso", "vnet-contoso", HOME.rpartition("/")[2]} & set(parts)


def test_ids_that_were_equal_stay_equal() -> None:
    """Pseudonyms do not depend on the case of a name, as Azure does not."""
    assert key(redactor().arm_id(VNET.upper())) == key(redactor().arm_id(VNET))


def test_ids_below_two_providers() -> None:
    """Names on both sides of a second provider in an id are replaced."""
    found = redactor().arm_id(f"{VNET}/providers/Microsoft.Network/effectiveSecurityAdminRules/contoso")

    assert "contoso" not in found
    assert found.count("/providers/Microsoft.Network/") == 2


def test_pseudonyms_are_stable_and_hang_on_the_scope() -> None:
    """The same name has the same pseudonym in two runs over one scope, and another one elsewhere."""
    again, elsewhere = redactor().name("vnet-contoso"), Redactor("/subscriptions/other").name("vnet-contoso")

    assert redactor().name("vnet-contoso") == again != elsewhere


def test_pseudonyms_do_not_hang_on_what_else_is_read() -> None:
    """A hub in another subscription, found tomorrow, changes no pseudonym of what was asked for."""
    hub = VNET.replace(HOME, "/subscriptions/00000000-0000-0000-0000-000000000000")
    found = []
    for ids in ([VNET], [hub, VNET]):
        journal = Journal.begin(io.BytesIO(), {"collected_at": "", "collector": "", "cloud": "public"})
        journal.keep_scope("all", [HOME])
        journal.keep("all", [{"id": each, "name": "vnet-contoso", "type": "t"} for each in ids])
        journal.finish("all")
        found.append(json.loads(b"".join(redacted(journal)))["resources"][-1])

    assert found[0] == found[1]


def test_documents() -> None:
    """Names anywhere in a document are replaced, notes are dropped; what decides and what Azure named stays."""
    document = {
        "id": VNET,
        "name": "vnet-contoso",
        "type": "Microsoft.Network/virtualNetworks",
        "sku": {"name": "Standard"},
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "contoso", "properties": {"routeTable": {"id": f"{HOME}/x/contoso"}}}],
            "delegations": [{"name": "Microsoft.Web.hostingEnvironments"}],
            "description": "contoso's network",
            "targetFqdns": ["*.windowsupdate.com"],
        },
    }

    text = json.dumps(redactor().document(document))

    assert "contoso" not in text
    for kept in ("10.0.0.0/16", "Standard", "Microsoft.Web.hostingEnvironments", "*.windowsupdate.com"):
        assert kept in text


def test_texts_of_gaps() -> None:
    """Ids in the text of a gap are replaced, and names that were met before."""
    made = redactor()
    made.arm_id(VNET)
    gap = Gap(
        what="Microsoft.Network/routeTables", scope=VNET, why=f"VNet vnet-contoso, {VNET}: refused", needs="Reader"
    )

    found = made.gap(gap)

    assert "contoso" not in f"{found.scope}{found.why}"
    assert found.why.startswith("VNet x")
    assert (found.what, found.needs) == (gap.what, gap.needs)


def test_names_that_are_no_words() -> None:
    """A name with brackets, as groups may have, is replaced in texts too."""
    made = redactor()
    scope = made.arm_id("/providers/Microsoft.Management/managementGroups/Contoso(EU)")
    gap = Gap(what="*", scope="", why="the subscriptions of management group contoso(eu) were refused", needs="")

    assert made.gap(gap).why == f"the subscriptions of management group {scope.rpartition('/')[2]} were refused"


def test_names_under_other_names() -> None:
    """Labels of hub route tables and names of interfaces and addresses are names; the labels of Azure stay."""
    fields = {"labels": ["contoso", "default"], "customNetworkInterfaceName": "nic-contoso"}
    address = {"dnsSettings": {"domainNameLabel": "contoso"}, "propagatedRouteTables": {"labels": ["Contoso", "none"]}}

    found = redactor().document(fields | address)

    assert "contoso" not in json.dumps(found).lower()
    assert found["labels"] == [found["propagatedRouteTables"]["labels"][0], "default"]
    assert found["propagatedRouteTables"]["labels"][1] == "none"


@pytest.mark.parametrize("name", ["HV_hub_5f1c", "RemoteVnetToHubPeering_5f1c"])
def test_names_that_azure_starts(name: str) -> None:
    """The start of a name that Azure gave decides what the thing is, and stays."""
    start, _, rest = name.partition("_")

    found = redactor().name(name)

    assert found.startswith(f"{start}_")
    assert rest not in found


@given(
    st.lists(
        st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=30),
        min_size=2,
        max_size=6,
        unique_by=str.lower,
    )
)
def test_different_names_stay_different(names: list[str]) -> None:
    """No two names share a pseudonym, so that no two resources become one."""
    made = redactor()

    assert len({made.name(each) for each in names}) == len(names)
