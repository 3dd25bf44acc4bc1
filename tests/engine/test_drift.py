"""Where the documents and Azure's own lists part is told as a note, and changes nothing else."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.findings import Finding, Level
from auditor.packs import Kind
from auditor.settings import Settings
from tests.audits import NEWEST, audit_documents, checks_of, finding, requirements_of
from tests.builders import Document, inbound_list, service_tags, site
from tests.estates import Draft
from tests.own_lists import SHOP, documented_addresses, documented_names, inbound, numbered, outbound

MANAGEMENT = "ase-management-addresses@2022-10-24"
PACK = "ase-v2@2023-11-20"
FIRST = documented_addresses()[0]
NEW = "20.0.0.7"


def drift(*lists: Document, tags: Sequence[Document] = (), draft: Draft | None = None) -> list[Finding]:
    """Return what is told of drift in the compliant estate with own lists, and assert that nothing else is."""
    draft = draft or Draft()
    draft.add(*lists)
    audited = audit_documents(draft.documents, tags=tags)

    assert set(checks_of(audited)) <= {"documentation-drift"}
    return [*audited.findings]


def holding(*prefixes: str) -> list[Document]:
    """Return a service tag list in which the management tag holds some prefixes."""
    return [service_tags(200, {"AppServiceManagement": prefixes})]


def test_lists_that_agree() -> None:
    """Lists that say what the documents say are no finding: neither the environment's own entries nor its apps'."""
    assert drift(inbound(), outbound(), tags=Draft().tags) == []


def test_management_address_that_only_azure_lists() -> None:
    """An address of the inbound list that the document does not have is named, on the environment, as a note."""
    (found,) = drift(inbound(more=[NEW, "20.0.1.0/24"]))

    assert (found.level, found.requirements, found.state) == (Level.NOTE, (), None)
    assert found.resource.endswith("/hostingEnvironments/ase-shop")
    assert found.message == f"Azure's own inbound list names 2 management addresses that {MANAGEMENT} does not"
    assert found.evidence == (
        f"20.0.0.7 is in Azure's own list and not in {MANAGEMENT} [A20]",
        f"20.0.1.0/24 is in Azure's own list and not in {MANAGEMENT} [A20]",
    )


def test_management_address_that_only_the_document_lists() -> None:
    """The other direction is told too; both together are one finding."""
    (gone,) = drift(inbound(without=[FIRST]))
    (both,) = drift(inbound(without=[FIRST], more=[NEW]))

    assert gone.message == f"Azure's own inbound list leaves out 1 management address that {MANAGEMENT} names"
    assert gone.evidence == (f"{FIRST} is in {MANAGEMENT} and not in Azure's own list [A20]",)
    assert both.message.endswith("does not, and leaves out 1 that it names")
    assert gone.id == both.id


def test_a_prefix_holds_the_addresses_under_it() -> None:
    """Addresses are compared as sets: a wider entry of Azure's own holds the document's, and is more than it."""
    (found,) = drift(inbound(without=documented_addresses(), more=["0.0.0.0/1", "128.0.0.0/1"]))

    assert found.message.endswith("names 2 management addresses that ase-management-addresses@2022-10-24 does not")


@pytest.mark.parametrize(
    "entry",
    [
        {"description": "Own VIP", "endpoints": [NEW], "ports": ["454", "455"]},
        {"description": "Frontend", "endpoints": [NEW], "ports": ["454", "455", "16001"]},
        {"description": "Own subnet", "endpoints": ["10.1.1.0/24"], "ports": ["All"]},
        {"description": "Neighbours", "endpoints": ["10.9.0.0/16"], "ports": ["454-455"]},
        {"description": "Load balancer", "endpoints": ["168.63.129.16"], "ports": ["454"]},
        {"description": "Web", "endpoints": [NEW], "ports": ["80", "443"]},
    ],
    ids=lambda each: each["description"],
)
def test_entries_that_are_no_management(entry: Document) -> None:
    """The environment's own address and subnet, private networks and other ports are not those who manage it."""
    whole = inbound()["properties"]["value"][0]["endpoints"]

    assert drift(inbound_list(SHOP, whole, entry)) == []


def test_subnet_of_public_addresses() -> None:
    """A subnet that uses public addresses for its own is still its own."""
    draft = Draft()
    draft.of("vnet-shop")["addressSpace"]["addressPrefixes"].append("20.9.0.0/16")
    draft.ase["addressPrefixes"] = [draft.ase.pop("addressPrefix"), "20.9.1.0/24"]
    own = {"description": "Subnet", "endpoints": ["20.9.1.0/24"], "ports": ["All"]}
    draft.add(inbound_list(SHOP, inbound()["properties"]["value"][0]["endpoints"], own))

    assert "documentation-drift" not in checks_of(audit_documents(draft.documents))


def test_all_ports_of_a_stranger_are_management() -> None:
    """An entry for all ports counts among those who manage, unless it is the environment itself."""
    entry = {"description": "Everything", "endpoints": [NEW], "ports": ["All"]}
    whole = inbound()["properties"]["value"][0]["endpoints"]

    assert len(drift(inbound_list(SHOP, whole, entry))) == 1


def test_an_empty_list_leaves_out_everything() -> None:
    """An empty list was read: it is told, and not taken for a list that was not read."""
    empty = inbound_list(SHOP, [])
    empty["properties"]["value"] = []
    (found,) = drift(empty)

    assert len(found.evidence) == len(documented_addresses())


def test_names_that_only_azure_lists() -> None:
    """A name, or a port of it, that no document has is named; names are compared normalised and patterns contain."""
    more = {"New.Contoso.com": [443], "GR-prod-ams.cloudapp.net": [443], "www.thawte.com": [80, 443]}
    (found,) = drift(outbound(more=more))

    assert found.message == f"Azure's own outbound list names 2 destinations that {PACK} does not"
    assert found.evidence == (
        f"new.contoso.com:443 is in Azure's own list and not in {PACK} [A20]",
        f"www.thawte.com:80 is in Azure's own list and not in {PACK} [A20]",
    )


def test_names_that_only_the_document_lists() -> None:
    """A documented name that Azure's own list lacks is named; one name of a pattern stands for the pattern."""
    listed = {"gr-prod-ams.cloudapp.net": [443]}
    (found,) = drift(outbound(without=["graph.microsoft.com", "gr-prod-*.cloudapp.net"], more=listed))

    assert found.message == f"Azure's own outbound list leaves out 1 destination that {PACK} names"
    assert found.evidence == (f"graph.microsoft.com:443 is in {PACK} and not in Azure's own list [A20]",)


def test_a_listed_pattern_holds_documented_names() -> None:
    """Azure's own pattern stands for the documented names it holds, and is itself more than the document has."""
    (found,) = drift(
        outbound(without=["wdcp.microsoft.com", "wdcpalt.microsoft.com"], more={"wdcp*.microsoft.com": [443]})
    )

    assert found.evidence == (f"wdcp*.microsoft.com:443 is in Azure's own list and not in {PACK} [A20]",)


@pytest.mark.parametrize(
    "name", ["waws-prod-x.blob.core.windows.net", "table.core.windows.net", "x.database.windows.net"]
)
def test_accounts_of_the_environment(name: str) -> None:
    """Names of a service that the document asks a service endpoint for are in the document, by their service."""
    assert drift(outbound(more={name: [443, 1433]})) == []


def test_ports_on_which_anything_is_asked_for() -> None:
    """What the document asks to reach anywhere on a port is in it, by whatever name or address."""
    assert drift(outbound(more={"time.contoso.com": [123]}, numbers=[numbered(NEW, 12000)])) == []


def test_addresses_without_names() -> None:
    """An address that goes by no name is compared with the IP dependencies, on its port."""
    (found,) = drift(outbound(numbers=[numbered(NEW, 443), numbered("40.77.24.27", 8443), numbered("10.9.0.4", 443)]))

    assert [each.partition(" ")[0] for each in found.evidence] == ["20.0.0.7:443", "40.77.24.27:8443"]


def test_an_address_that_a_name_led_to() -> None:
    """A documented address is in the list where a listed name led to it."""
    whole = outbound()
    named = {"domainName": "graph.microsoft.com", "endpointDetails": [{"ipAddress": "40.77.24.27", "port": 443}]}
    listed = whole["properties"]["value"][0]["endpoints"]
    listed[:] = [each for each in listed if each != numbered("40.77.24.27", 443)]

    assert [each.evidence for each in drift(whole)] == [
        (f"40.77.24.27:443 is in {PACK} and not in Azure's own list [A20]",)
    ]
    listed.append(named)
    assert drift(whole) == []


def test_a_name_without_a_port() -> None:
    """Where Azure tells no port of a name, the name alone is compared."""
    unresolved = {"domainName": "graph.microsoft.com", "endpointDetails": []}
    stranger = {"domainName": "new.contoso.com", "endpointDetails": []}
    (found,) = drift(outbound(without=["graph.microsoft.com"], numbers=[unresolved, stranger]))

    assert found.evidence == (f"new.contoso.com is in Azure's own list and not in {PACK} [A20]",)


def test_linux_names() -> None:
    """What the document lists for Linux apps is missed in Azure's own list only where one runs."""
    draft = Draft()
    draft.add(site("jobs", SHOP, linux=True), outbound())
    told = finding(audit_documents(draft.documents), "documentation-drift").evidence
    linux = {f"{each.target}:{each.ports[0]}" for each in requirements_of(NEWEST) if each.condition == "linux-apps"}

    assert {each.partition(" ")[0] for each in told} == linux
    assert drift(outbound(more={"mcr.microsoft.com": [443]})) == []


def test_the_service_tag_lacks_an_address() -> None:
    """A documented address that the tag of the source does not hold is told, without any list of the environment."""
    (found,) = drift(tags=holding(*documented_addresses()[1:]))

    assert found.message == (
        f"service tag AppServiceManagement of list 200 in the source does not hold 1 management address of {MANAGEMENT}"
    )
    assert found.evidence == (f"{FIRST} of {MANAGEMENT} is not in the tag [A20]",)


def test_the_service_tag_lacks_an_address_of_the_list() -> None:
    """An address of the inbound list that the tag does not hold is told beside the difference of the list itself."""
    told = drift(inbound(more=[NEW]), tags=holding(*documented_addresses()))

    assert [each.message.partition(" ")[0] for each in told] == ["Azure's", "service"]
    assert told[1].evidence == ("20.0.0.7 of Azure's own inbound list is not in the tag [A20]",)


@pytest.mark.parametrize(
    "tags", [holding("0.0.0.0/0"), [service_tags(200, {"Storage": ["20.0.0.0/8"]})], holding("20.0.0.0/x"), []]
)
def test_the_service_tag_holds_more_or_is_not_known(tags: list[Document]) -> None:
    """A tag that is larger than the document is no difference; of one that cannot be read, none is known."""
    assert drift(tags=tags) == []


@pytest.mark.parametrize("kind", ["ASEV3", "ASEV4"])
def test_environments_the_documents_do_not_speak_of(kind: str) -> None:
    """Lists of an environment of another version are compared with nothing."""
    draft = Draft()
    draft.resource(SHOP)["kind"] = kind
    draft.add(inbound(more=[NEW]))

    assert "documentation-drift" not in checks_of(audit_documents(draft.documents, tags=holding(NEW)))


def test_the_subnet_need_not_be_read() -> None:
    """The lists are compared although nothing else of the environment can be decided."""
    draft = Draft()
    draft.drop("vnet-shop")
    draft.add(inbound(more=[NEW]))

    assert checks_of(audit_documents(draft.documents)) == ["undetermined", "documentation-drift"]


def test_regional_addresses() -> None:
    """Addresses that a document lists for other regions are not missed in the list of this one."""
    edition = "2018-09-24"
    always = [each.target for each in requirements_of(edition) if each.kind is Kind.MANAGEMENT_SOURCE]
    draft = Draft()
    draft.add(inbound(edition=edition))

    assert "documentation-drift" not in checks_of(audit_documents(draft.documents, edition=edition))
    assert always


def test_level_and_fix() -> None:
    """The level follows auditor.yaml; the text names what to do, and the other way to audit."""
    draft = Draft()
    draft.add(inbound(more=[NEW]), outbound(more={"new.contoso.com": [443]}))
    raised = Settings(levels={"documentation-drift": Level.ERROR})
    told = audit_documents(draft.documents, settings=raised).findings

    assert {each.level for each in told} == {Level.ERROR}
    assert len({each.fix for each in told}) == len({each.id for each in told}) == 2
    assert all("--requirements live" in each.fix for each in told)


ADDRESSES = st.sampled_from([*documented_addresses()[:4], NEW, "20.0.0.0/8", "10.1.1.4", "2001:db8::7", "0.0.0.0/0"])
NAMES = st.sampled_from([*list(documented_names())[:4], "new.contoso.com", "*.contoso.com", "x.blob.core.windows.net"])
PORTS = st.lists(st.sampled_from([80, 443, 123, 8443]), max_size=3)


@settings(max_examples=25)
@given(
    st.lists(ADDRESSES, max_size=6),
    st.dictionaries(NAMES, PORTS, max_size=6),
    st.lists(st.sampled_from(documented_addresses()), max_size=70),
    st.sampled_from(["", "default", "dependency-1"]),
)
def test_a_note_changes_no_outcome(
    addresses: list[str], names: dict[str, list[int]], tagged: list[str], broken: str
) -> None:
    """Whatever Azure's own lists say, every requirement comes out, is counted and is filed as without them."""
    draft = Draft()
    draft.of("rt-ase")["routes"] = [each for each in draft.routes if each["name"] != broken]
    tags = holding(*tagged)
    without = audit_documents(draft.documents, tags=tags)
    draft.add(inbound_list(SHOP, addresses), outbound(more=names))
    told = audit_documents(draft.documents, tags=tags)

    assert told.results == without.results
    assert told.workloads == without.workloads
    assert [each for each in told.findings if each.level is not Level.NOTE] == [
        each for each in without.findings if each.level is not Level.NOTE
    ]
