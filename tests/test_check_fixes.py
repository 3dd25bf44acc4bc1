"""The fixes of rules/check-guides.yaml: done to the failing example, each way gives the settings of the passing one.

So whoever follows a page has what tests/test_check_examples.py audits, in whatever way it is done. Compared are routes,
rules of firewalls and security groups, and what fixes set of subnets, policies and firewalls.
"""

import re

import pytest

from auditor.collectors.rules import read_guides
from auditor.guides import Guide, Way
from tests.fixes.az import az_steps
from tests.fixes.bicep import bicep_steps
from tests.fixes.settings import ROUTE, RULE, Only, State, Step, Steps, after, settings_of, without_collections
from tests.fixes.terraform import terraform_steps
from tests.laid_over import lay

GUIDES = read_guides()
NOTHING_SET = {"documentation-drift", "undetermined", "expired-waiver"}
"""Checks whose fixes set nothing of the estate: they read, grant a role, or there is none."""
SETTING = [each for each in GUIDES.values() if each.check not in NOTHING_SET]
CODE = {Way.AZ, Way.BICEP, Way.TERRAFORM}
UNSAID = {"ruleType", "direction"}
"""Fields whose values the portal does not ask for: they follow from where one clicks."""
_NAMED = re.compile(
    r"--(?:vnet-name|nsg-name|route-table(?:-name)?|firewall-policy|policy-name|rule-collection-group-name) (\S+)"
)
_EXISTS = re.compile(r" existing = \{\n  name: '([^']+)'")


def state_of(example: str) -> State:
    """Return the settings of the estate with an example laid over it."""
    return settings_of(each for each in lay(example).documents if "values" not in each)


def firewall_address(guide: Guide) -> str:
    """Return the private address that the firewall of the passing example has."""
    (firewall,) = [each for each in lay(guide.passes).documents if each["name"] == "fw-hub"]
    (configuration,) = firewall["ipConfigurations"]
    address: str = configuration["privateIPAddress"]
    return address


def steps_of(guide: Guide, way: Way) -> Steps:
    """Return what a fix does."""
    text, address = guide.fixes[way], firewall_address(guide)
    if way is Way.AZ:
        return az_steps(text)
    return bicep_steps(text, address) if way is Way.BICEP else terraform_steps(text, address)


@pytest.mark.parametrize("way", sorted(CODE))
@pytest.mark.parametrize("guide", SETTING, ids=lambda guide: guide.check)
def test_each_way_leads_from_the_failing_example_to_the_passing_one(guide: Guide, way: Way) -> None:
    """Protocols, ports, addresses, names and tags of a fix mend the example, and nothing else is lost."""
    steps = steps_of(guide, way)

    assert steps
    assert without_collections(after(state_of(guide.fails), steps)) == without_collections(state_of(guide.passes))


@pytest.mark.parametrize("guide", SETTING, ids=lambda guide: guide.check)
def test_fixes_change_resources_that_there_are(guide: Guide) -> None:
    """What a command changes, and what Bicep says exists, is a resource of the failing example."""
    named = {*_NAMED.findall(guide.fixes[Way.AZ]), *_EXISTS.findall(guide.fixes[Way.BICEP])}

    assert named
    assert named <= {each["name"] for each in lay(guide.fails).documents}


@pytest.mark.parametrize("guide", SETTING, ids=lambda guide: guide.check)
def test_words_of_the_portal_name_what_is_to_be_set(guide: Guide) -> None:
    """Each value that the passing example has and the failing one has not stands in the words of the portal."""
    words = run_together(guide.fixes[Way.PORTAL])
    old, new = without_collections(state_of(guide.fails)), without_collections(state_of(guide.passes))
    fields = [(key, field) for key in new for field in new[key].keys() - UNSAID]
    changed = [new[key][field] for key, field in fields if old.get(key, {}).get(field) != new[key][field]]

    values = {str(each) for value in changed for each in (value if isinstance(value, frozenset) else [value])}
    assert {each for each in values if run_together(each) not in words} == set()


def run_together(text: str) -> str:
    """Return a text without what the portal's words and ARM's differ in: spaces, capitals, and how ports are joined."""
    return text.lower().replace(" ", "").replace("=", ":")


@pytest.mark.parametrize("check", sorted(NOTHING_SET))
def test_fixes_that_set_nothing_are_known(check: str) -> None:
    """A check is left out above only where none of its commands and declarations sets anything."""
    fixes = GUIDES[check].fixes

    assert az_steps(fixes.get(Way.AZ, "")) == []
    assert bicep_steps(fixes.get(Way.BICEP, ""), "") == []


def test_what_a_fix_declares_whole_loses_what_it_does_not_name() -> None:
    """A table whose routes are declared inside it keeps no other, so a fix that forgets one is seen here."""
    before = state_of("{}")
    whole: Steps = [
        Only(kind=ROUTE, owner="rt-ase"),
        Step(key=(ROUTE, "rt-ase", "new"), fields={"nextHopType": "None"}),
    ]

    left = after(before, whole)

    assert [key for key in left if key[0] == ROUTE] == [(ROUTE, "rt-ase", "new")]
    assert left.keys() - {(ROUTE, "rt-ase", "new")} == {key for key in before if key[0] != ROUTE}


def test_deleting_what_is_not_there_is_refused() -> None:
    """A command that names a route or rule the failing example does not have is seen."""
    with pytest.raises(KeyError):
        after({}, az_steps("az network route-table route delete --route-table-name rt-ase --name gone"))


def test_updating_keeps_the_other_fields() -> None:
    """An update changes what it names; a rule of the same name in another collection gives way to a new one."""
    old: State = {(RULE, "a", "web"): {"fqdnTags": frozenset({"T"}), "ruleType": "ApplicationRule"}}
    collection = "az network firewall policy rule-collection-group collection"

    updated = after(
        old, az_steps(f"{collection} rule update --collection-name a --name web --source-addresses 1.2.3.4")
    )
    moved = after(old, az_steps(f"{collection} add-filter-collection --name b --rule-name web --fqdn-tags U"))

    assert updated == {(RULE, "a", "web"): {**old[RULE, "a", "web"], "sourceAddresses": frozenset({"1.2.3.4"})}}
    assert moved == {(RULE, "b", "web"): {"fqdnTags": frozenset({"U"})}}
