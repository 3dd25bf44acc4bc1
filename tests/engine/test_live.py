"""Auditing against Azure's own lists: they take the place of what the documents list, and of nothing else."""

import json

import pytest

from auditor.engine.audit import Audited, audit
from auditor.estate.estate import build_estate
from auditor.findings import Gap, Outcome
from auditor.packs import Kind
from auditor.settings import Basis, Settings
from tests.audits import (
    NEWEST,
    audit_documents,
    checks_of,
    every_check,
    finding,
    outcomes,
    packs_of,
    requirements_of,
    snapshot_of,
)
from tests.builders import Document, application_rule, collection, environment, inbound_list, peering, route, site
from tests.engine.scenes import SPOKE
from tests.estates import Draft
from tests.own_lists import SHOP, documented_addresses, documented_names, inbound, numbered, outbound

LIVE = Settings(requirements=Basis.LIVE)
REPLACED = {Kind.MANAGEMENT_SOURCE, Kind.FQDN, Kind.WILDCARD, Kind.IP}
NEW = "20.0.0.7"
NAME = "azure@live/fqdn:new.contoso.com:443"


def live(draft: Draft, *lists: Document, gaps: tuple[Gap, ...] = ()) -> Audited:
    """Audit an estate against own lists, and assert that what the packs ask for beside them is still decided."""
    draft.add(*lists)
    audited = audit_documents(draft.documents, tags=draft.tags, settings=LIVE, gaps=gaps)
    stays = {each.id for each in requirements_of(NEWEST) if each.kind not in REPLACED}

    assert stays <= outcomes(audited).keys()
    return audited


def unlike_documented(audited: Audited) -> dict[str, Outcome]:
    """Return what does not pass."""
    aside = {Outcome.PASS, Outcome.NOT_APPLICABLE}
    return {ident: outcome for ident, outcome in outcomes(audited).items() if outcome not in aside}


def test_ids_and_number_of_requirements() -> None:
    """The lists' own entries are the requirements, in ids of their own; nothing of the document stands in for them."""
    found = outcomes(live(Draft(), inbound(), outbound()))
    documented = {each.id for each in requirements_of(NEWEST)}
    listed = {ident for ident in found if ident.startswith("azure@live/")}
    names = {f"{name}:{port}" for name, ports in documented_names().items() for port in ports}

    assert {each for each in listed if "/management:" in each} == {
        f"azure@live/management:{each.removesuffix('/32')}" for each in documented_addresses()
    }
    assert {each.partition(":")[2] for each in listed if "/fqdn:" in each or "/wildcard:" in each} == names
    assert "azure@live/fqdn:graph.microsoft.com:443" in listed
    assert "azure@live/wildcard:*.management.azure.com:443" in listed
    assert "azure@live/ip:40.77.24.27:443" in listed
    assert found.keys() & documented == {each.id for each in requirements_of(NEWEST) if each.kind not in REPLACED}


def test_lists_that_say_what_the_documents_say() -> None:
    """The compliant estate passes against them as it does against the documents."""
    audited = live(Draft(), inbound(), outbound())

    assert unlike_documented(audited) == {}
    assert audited.findings == ()


def test_documented_is_the_default() -> None:
    """Without asking for it, no requirement comes from a list that was read."""
    draft = Draft()
    draft.add(inbound(more=[NEW]), outbound())
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert not any(each.requirement.startswith("azure@live") for each in audited.results)
    assert audited.live == ()


def test_management_address_that_only_azure_lists() -> None:
    """An address that only the list names must get in and its reply must return, as a documented one must."""
    audited = live(Draft(), inbound(more=[NEW]), outbound())

    assert unlike_documented(audited) == {f"azure@live/management:{NEW}": Outcome.FAIL}
    assert "asymmetric-management-reply" in checks_of(audited)
    assert "1 listed requirement fails" in finding(audited, "asymmetric-management-reply").message
    routed = Draft()
    routed.routes.append(route("new", f"{NEW}/32", "Internet"))
    routed.security_rule("allow-management-addresses")["sourceAddressPrefixes"].append(NEW)
    assert unlike_documented(live(routed, inbound(more=[NEW]), outbound())) == {}


def test_management_address_that_only_the_document_lists() -> None:
    """What the list leaves out is not asked for."""
    gone = documented_addresses()[0]
    draft = Draft()
    draft.drop_route(f"{gone.removesuffix('/32')}/32")

    assert unlike_documented(live(draft, inbound(without=[gone]), outbound())) == {}


def test_name_that_only_the_tag_could_carry() -> None:
    """A name no document lists may be in the FQDN tag, and nobody can read it: unknown, neither pass nor fail."""
    audited = live(Draft(), inbound(), outbound(more={"new.contoso.com": [443]}))
    told = finding(audited, "undetermined")

    assert unlike_documented(audited) == {NAME: Outcome.UNKNOWN}
    assert "which names FQDN tag appserviceenvironment holds is not readable" in told.message
    assert told.requirements == (NAME,)


def test_name_that_a_rule_carries() -> None:
    """A rule of its own lets the name out, after the tag or before it; a rule that denies it stops it."""
    for priority, action, expected in ((250, "Allow", None), (900, "Allow", None), (250, "Deny", Outcome.FAIL)):
        draft = Draft()
        rule = application_rule("new", ["*.contoso.com"])
        draft.add_group("fwp-ase", "rcg-new", priority, collection("new", 100, action, [rule]))
        audited = live(draft, inbound(), outbound(more={"new.contoso.com": [443]}))

        assert outcomes(audited)[NAME] is (expected or Outcome.PASS)


def test_name_without_any_tag() -> None:
    """Where no rule names the tag, nothing may carry the name: it fails, by the words of the list."""
    draft = Draft()
    draft.rule("rcg-application", "ase-tags")["fqdnTags"] = ["WindowsUpdate", "AzureBackup"]
    audited = live(draft, inbound(), outbound(more={"new.contoso.com": [8443]}))

    assert outcomes(audited)["azure@live/fqdn:new.contoso.com:8443"] is Outcome.FAIL
    draft.rule("rcg-application", "ase-tags")["fqdnTags"] = ["AzureBackup"]
    told = finding(live(draft), "missing-fqdn")
    assert "has no rule that allows names of Azure's own list" in told.message


def test_documented_names_keep_their_tags() -> None:
    """A listed name that a documented name or pattern holds is covered by the tags of that; http may be (F38)."""
    more = {"gr-prod-ams.cloudapp.net": [443], "WWW.thawte.com": [443, 80]}
    draft = Draft()
    draft.rule("rcg-application", "ase-tags")["protocols"] = []
    audited = live(draft, inbound(), outbound(more=more))
    found = outcomes(audited)

    assert found["azure@live/fqdn:gr-prod-ams.cloudapp.net:443"] is Outcome.PASS
    assert found["azure@live/fqdn:www.thawte.com:443"] is Outcome.PASS
    assert found["azure@live/fqdn:www.thawte.com:80"] is Outcome.UNKNOWN


@pytest.mark.parametrize(("endpoint", "outcome"), [(True, Outcome.UNKNOWN), (False, Outcome.FAIL)])
def test_accounts_of_the_environment(outcome: Outcome, *, endpoint: bool) -> None:
    """The tag never covers the environment's own storage; a service endpoint carries it only in its region (F38)."""
    draft = Draft()
    kept = [each for each in draft.ase["serviceEndpoints"] if endpoint or each["service"] != "Microsoft.Storage"]
    draft.ase["serviceEndpoints"] = kept
    audited = live(draft, inbound(), outbound(more={"waws-prod-x.blob.core.windows.net": [443]}))

    assert outcomes(audited)["azure@live/fqdn:waws-prod-x.blob.core.windows.net:443"] is outcome


def test_address_that_only_azure_lists() -> None:
    """An address without a name needs a rule or a route, as a documented one does."""
    audited = live(Draft(), inbound(), outbound(numbers=[numbered(NEW, 443)]))
    routed = Draft()
    routed.routes.append(route("new", f"{NEW}/32", "Internet"))

    assert unlike_documented(audited) == {f"azure@live/ip:{NEW}:443": Outcome.FAIL}
    assert unlike_documented(live(routed, inbound(), outbound(numbers=[numbered(NEW, 443)]))) == {}


def test_entries_that_cannot_be_decided() -> None:
    """A name without a port, and an IPv6 address, are unknown for that reason."""
    unresolved = {"domainName": "new.contoso.com", "endpointDetails": []}
    audited = live(Draft(), inbound(more=["2001:db8::7"]), outbound(numbers=[unresolved]))

    assert unlike_documented(audited) == {
        "azure@live/fqdn:new.contoso.com": Outcome.UNKNOWN,
        "azure@live/management:2001:db8::7": Outcome.UNKNOWN,
    }
    told = {each.message.partition(":")[0] for each in audited.findings if each.check == "undetermined"}
    assert "Azure's own list names no port for new.contoso.com" in told


def test_a_list_of_everything_lets_nothing_through() -> None:
    """An entry for the whole Internet does not hide where a name may lead: nothing passes that failed before."""
    draft = Draft()
    draft.rule("rcg-application", "ase-tags")["fqdnTags"] = []
    wide = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"]
    found = outcomes(live(draft, inbound_list(SHOP, wide), outbound(numbers=[numbered("0.0.0.0/0", 443)])))
    names = {outcome for ident, outcome in found.items() if "/fqdn:" in ident}

    assert Outcome.PASS not in names
    assert found["azure@live/management:0.0.0.0/0"] is Outcome.FAIL


INBOUND, OUTBOUND = "inboundNetworkDependenciesEndpoints", "outboundNetworkDependenciesEndpoints"


def _emptied(document: Document) -> Document:
    document["properties"]["value"] = []
    return document


def _broken(document: Document) -> Document:
    document["properties"]["value"] = None
    return document


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ([], "Azure's own inbound list of ase-shop was not read: it is not in the source"),
        ([outbound()], "Azure's own inbound list of ase-shop was not read: it is not in the source"),
        ([inbound()], "Azure's own outbound list of ase-shop was not read: it is not in the source"),
        ([_broken(inbound()), outbound()], "inbound list of ase-shop was not read: inboundNetwork"),
        ([inbound(), _broken(outbound())], "outbound list of ase-shop was not read: outboundNetwork"),
        ([_emptied(inbound()), outbound()], "inbound list of ase-shop names nothing that could be audited"),
        ([inbound(), _emptied(outbound())], "outbound list of ase-shop names nothing that could be audited"),
        ([inbound_list(SHOP, []), outbound()], "inbound list of ase-shop names nothing that could be audited"),
    ],
)
def test_a_list_that_was_not_read(lists: list[Document], words: str) -> None:
    """What a list would have asked for is unknown, with the reason: never fewer requirements than documented."""
    audited = live(Draft(), *lists)
    told = [each for each in audited.findings if each.check == "undetermined"]
    unread = {ident for ident, outcome in outcomes(audited).items() if outcome is Outcome.UNKNOWN}
    names = {Kind.FQDN, Kind.WILDCARD, Kind.IP}
    kinds = {Kind.MANAGEMENT_SOURCE} if "inbound" in words else names
    both = kinds if lists else kinds | names

    assert any(words in each.message for each in told)
    assert unread == {
        each.id for each in requirements_of(NEWEST) if each.kind in both and each.condition != "linux-apps"
    }
    assert all("--requirements documented" in each.fix for each in told)


def test_a_gap_of_the_collector_is_the_reason() -> None:
    """Where the collector was refused, on the list or on all of the kind, that is what the report says."""
    kind = f"Microsoft.Web/hostingEnvironments/{INBOUND}"
    for scope in (
        inbound()["id"],
        Draft().resource(SHOP)["id"],
        "/subscriptions/00000000-0000-0000-0000-000000000001",
        "",
    ):
        gap = Gap(what=kind, scope=scope, why="403 on reading it", needs="Reader")
        audited = live(Draft(), outbound(), gaps=(gap,))

        assert "inbound list of ase-shop was not read: 403 on reading it" in finding(audited, "undetermined").message


def test_a_failure_beside_an_unread_list_is_still_told() -> None:
    """What the lists do not decide is decided without them."""
    draft = Draft()
    draft.ase["serviceEndpoints"] = []
    audited = live(draft)

    assert "missing-service-endpoint" in checks_of(audited)


def test_the_subnet_was_not_read() -> None:
    """Everything the lists and the rest of the packs ask for is unknown."""
    draft = Draft()
    draft.drop("vnet-shop")
    audited = live(draft, inbound(more=[NEW]), outbound())

    assert outcomes(audited)[f"azure@live/management:{NEW}"] is Outcome.UNKNOWN
    assert set(outcomes(audited).values()) == {Outcome.UNKNOWN}


def test_packs_that_were_not_asked_for() -> None:
    """A list takes the place of what the chosen packs list: it brings in nothing that was not asked for."""
    draft = Draft()
    draft.add(inbound(), outbound())
    estate = build_estate(snapshot_of(draft.documents, tags=draft.tags))
    main, companion = packs_of(NEWEST)
    only = {
        word: {each.requirement for each in audit(estate, {"public": (pack,)}, LIVE, every_check()).results}
        for word, pack in (("main", main), ("companion", companion))
    }

    assert not any("/management:" in each for each in only["main"])
    assert {each for each in only["companion"] if each.startswith("azure@")} == {
        f"azure@live/management:{each.removesuffix('/32')}" for each in documented_addresses()
    }


def test_the_lists_that_were_used() -> None:
    """The audit says for which cloud lists were used; their digest is that of what they ask for."""
    (use,) = live(Draft(), inbound(), outbound()).live
    (again,) = live(Draft(), outbound(), inbound()).live
    (other,) = live(Draft(), inbound(more=[NEW]), outbound()).live

    assert (use.pack, use.edition, use.revision, use.cloud) == ("azure", "live", None, "public")
    assert use == again
    assert use.digest != other.digest
    assert live(Draft()).live == ()


def twins() -> Draft:
    """Return the compliant estate with a second environment that nothing tells from the first."""
    draft = Draft()
    twin = json.loads(json.dumps(draft.resource("vnet-shop")).replace("vnet-shop", "vnet-twin"))
    draft.of("vnet-hub")["virtualNetworkPeerings"].append(peering("vnet-hub", "vnet-twin", SPOKE))
    draft.add(twin, environment("ase-twin", "vnet-twin", "ase"), site("twin-web", "ase-twin"))
    return draft


@pytest.mark.parametrize(
    "second",
    [
        [],
        [inbound(environment="ase-twin"), outbound(environment="ase-twin")],
        [inbound(environment="ase-twin", more=[NEW]), outbound(environment="ase-twin")],
        [inbound(environment="ase-twin"), outbound(environment="ase-twin", more={"new.contoso.com": [443]})],
        [inbound(environment="ase-twin"), outbound(environment="ase-twin", numbers=[numbered(NEW, 443)])],
        [outbound(environment="ase-twin")],
    ],
    ids=["none", "same", "address", "name", "number", "no inbound"],
)
def test_environments_with_other_lists_share_nothing(second: list[Document]) -> None:
    """Twins are decided as each alone would be, whichever lists they have; only with the same do they share."""
    for lists in ([inbound(), outbound(), *second], [*second, inbound(), outbound()]):
        draft = twins()
        draft.add(*lists)
        estate = build_estate(snapshot_of(draft.documents, tags=draft.tags))
        packs = {"public": packs_of(NEWEST)}
        shared, alone = (
            audit(estate, packs, LIVE, every_check(), all_results=each, traces=False) for each in (False, True)
        )

        assert shared.findings == alone.findings
        assert shared.workloads == alone.workloads
        assert shared.live == alone.live
        assert shared.results == tuple(each for each in alone.results if each.outcome is not Outcome.PASS)
