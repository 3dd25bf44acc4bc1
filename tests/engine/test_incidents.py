"""Incidents that happened to people: the audit of the broken state names the cause they found; the cured one is clean.

Each is built anew, in our own estates, from the facts of a public thread or change log:

| number | what happened | where |
|---|---|---|
| I-01 | an external environment goes dark behind a default route to the firewall | azure-docs/issues/31920 |
| I-02 | an environment is healthy, and creating an app fails | azure-docs/issues/20867 |
| I-03 | an application rule does not publish an internal environment | azure-docs/issues/46230 |
| I-04 | which route takes replies back to an application gateway | azure-docs/issues/38922 |
| I-05 | a connection test succeeds to a name that no rule allows | azure-docs/issues/21504 |
| I-06 | no deployment without port 80 in the NSG | azure-docs/issues/14934 |
| I-07 | service endpoints lead past the firewall to anybody's account | azure-docs/issues/43294 |
| I-08 | addresses of monitoring left out | azure-docs/issues/46101 |
| I-09 | clusters fail now and then without a service tag | azure-docs/issues/73317 |
| I-11 | cluster nodes without a public address, or behind nothing | azure-docs/issues/50787, Azure/AKS/issues/1524 |
| I-13 | managed identity fails until two names are allowed | bicep-ptn-aiml-landing-zone/issues/39 and 40 |
| I-14 | a jump box cannot fetch its tools | bicep-ptn-aiml-landing-zone/issues/36 |
| I-16 | rules deployed after what needs them | bicep-ptn-aiml-landing-zone/issues/78 |
| I-17 | a function app until the default route arrives | azure-docs/issues/61430 |
| I-18 | "deny Internet" stops the renewal of keys | Azure/Azure-Functions/issues/1950 |
| I-20 | clusters of Databricks do not start | azure-docs/issues/43679, SAFEHR-data/FlowEHR/pull/213 and 221 |
| I-21 | a rule for DNS with TCP alone | azure-docs/issues/11979 |
| I-22 | a deployment takes the route table and NSG off the subnets | Azure/ALZ-Bicep/issues/512 |

azure-docs stands for https://github.com/MicrosoftDocs/azure-docs, bicep-ptn-aiml-landing-zone for
https://github.com/Azure/bicep-ptn-aiml-landing-zone, terraform-provider-azurerm for
https://github.com/hashicorp/terraform-provider-azurerm, what has an owner for https://github.com/OWNER/NAME.

Not here, and why:

| number | what happened | where | why not |
|---|---|---|---|
| I-10 | replies behind a public load balancer | azure-docs/issues/74834 | DNAT rules are not decided yet |
| I-12 | a new cluster node without its route | Azure/AKS/issues/2681 | a write that failed, no configuration |
| I-15 | revisions of container apps vanish | microsoft/azure-container-apps/issues/881 | no such workload kind yet |
| I-19 | a gateway's default route to an appliance | azure-docs/issues/37484, 58914 | gateways are not judged yet |
| I-23 | one rule removed shows as all changed | terraform-provider-azurerm/issues/20248 | nothing compares yet |
"""

import pytest

from auditor.engine.audit import known_tags
from auditor.engine.network import Network
from auditor.engine.tracing import trace_flow
from auditor.estate.estate import build_estate
from auditor.findings import Outcome
from auditor.traces import Trace, Verdict
from tests.audits import PLAIN, audit_documents, outcomes, packs_of, snapshot_of
from tests.builders import application_rule, collection
from tests.engine.defects import NEW
from tests.engine.incident_audits import AUDITED
from tests.engine.incident_flows import FLOWS
from tests.engine.incidents import FlowIncident, Incident, assert_named, assert_seen
from tests.estates import ASE, Draft

BY_THEMSELVES = frozenset({"I-03", "I-07"})
"""Incidents that have a test of their own below."""

NOT_SHOWN = frozenset({"I-10", "I-12", "I-15", "I-19", "I-23"})
"""Incidents that no test here shows; the table above says why."""


@pytest.mark.parametrize("incident", [pytest.param(each, id=each.number) for each in AUDITED])
def test_the_audit_names_the_cause_that_people_found(incident: Incident) -> None:
    """Every cause of the broken state is one finding, at what must change, with the route or rule that decides."""
    audited = incident.before()

    assert sorted(each.check for each in audited.findings) == sorted(each.check for each in incident.causes)
    for named in incident.causes:
        assert_named(audited, named)


@pytest.mark.parametrize("incident", [pytest.param(each, id=each.number) for each in AUDITED])
def test_the_fixed_state_is_clean(incident: Incident) -> None:
    """What cured the incident leaves no finding, neither the old one nor a new one."""
    audited = incident.after()

    assert [(each.check, each.message) for each in audited.findings] == []


@pytest.mark.parametrize("incident", [pytest.param(each, id=each.number) for each in FLOWS])
def test_the_flow_that_people_asked_about(incident: FlowIncident) -> None:
    """The flow is decided as it was, and where; after the fix it takes the way that the fix opened."""
    assert_seen(incident.broken(), incident.before)
    assert_seen(incident.fixed(), incident.after)


def publish(draft: Draft) -> None:
    """Add the application rule that was to let Internet clients in, to the private address of the environment."""
    rule = application_rule("publish", ["apps.contoso.com"], destinationAddresses=[ASE])
    draft.add_group("fwp-ase", "rcg-in", 400, collection("allow-in", 100, "Allow", [rule]))


def client_trace(draft: Draft, source: str) -> Trace:
    """Return what becomes of a request of a client to the environment."""
    estate = build_estate(snapshot_of(draft.documents, tags=draft.tags))
    packs = packs_of(NEW)
    return trace_flow(Network(estate, known_tags(estate, packs)), packs, PLAIN, source, "vnet-shop/ase:443")


def test_i03_an_application_rule_publishes_nothing() -> None:
    """I-03: all that leaves is as documented, and a rule for names lets nobody in; a gateway in front does."""
    before, after = Draft(), Draft()
    publish(after)

    audited = audit_documents(after.documents, edition=NEW, tags=after.tags)
    from_outside = [client_trace(each, "203.0.113.7") for each in (before, after)]

    assert audited.findings == ()
    assert [(each.verdict, each.reason.code) for each in from_outside] == [(Verdict.BLOCK, "nsg-deny")] * 2
    assert from_outside[1].hops[0].decided_by == "nsg-ase/deny-rest"
    assert client_trace(after, "vnet-shop/gateway").verdict is Verdict.ALLOW


def test_i07_service_endpoints_are_as_documented() -> None:
    """I-07: the endpoints are what the document asks for; that they lead past the firewall is shown by its flow.

    That the audit reports the hole by itself waits for the check egress-bypass, which is described ahead of time.
    """
    draft = Draft()

    told = outcomes(audit_documents(draft.documents, edition=NEW, tags=draft.tags))

    assert {told[f"ase-v2@{NEW}/service-endpoint:microsoft.{each}"] for each in ("sql", "storage", "eventhub")} == {
        Outcome.PASS
    }


def test_every_incident_is_accounted_for() -> None:
    """Each of the 23 incidents has a test or a reason why it has none, and the table above names each once."""
    tested = {each.number[:4] for each in AUDITED} | {each.number[:4] for each in FLOWS} | BY_THEMSELVES
    rows = [line[2:6] for line in (__doc__ or "").splitlines() if line.startswith("| I-")]

    assert rows == [*sorted(tested), *sorted(NOT_SHOWN)]
    assert sorted(rows) == [f"I-{number:02}" for number in range(1, 24)]
