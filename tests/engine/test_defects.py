"""One defect in the compliant estate gives one finding, with that cause, and takes down what hangs on it: no more."""

import pytest

from auditor.engine.filing import fingerprint
from auditor.findings import Outcome
from tests.audits import audit_documents, checks_of, outcomes, requirements_of
from tests.engine.defects import (
    BY_NAME,
    NEW,
    TAGS,
    Defect,
    Put,
    both,
)
from tests.engine.firewall_defects import FIREWALLS
from tests.engine.route_defects import ROUTES
from tests.engine.rule_defects import RULES, both_tags_gone, by_ip_group, tag_rule
from tests.engine.subnet_defects import REST
from tests.estates import Draft

_CASES = [
    pytest.param(each, edition, id=f"{each.name}-{edition}")
    for each in (*ROUTES, *RULES, *FIREWALLS, *REST)
    for edition in each.editions
]


@pytest.mark.parametrize(("defect", "edition"), _CASES)
def test_one_defect_is_one_finding(defect: Defect, edition: str) -> None:
    """A single defect gives exactly one finding, which names its cause and holds exactly what it takes down."""
    draft = Draft()
    defect.put(draft)

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags)

    assert checks_of(audited) == [defect.check]
    (found,) = audited.findings
    assert defect.cause.lower() in " | ".join((found.message, *found.evidence)).lower()
    expected = {each.id: defect.outcome(each) for each in requirements_of(edition) if defect.takes(each)}
    rest = Outcome.UNKNOWN if defect.check == "undetermined" else Outcome.FAIL
    expected |= dict.fromkeys(defect.beside, rest)
    assert expected
    assert set(found.requirements) == set(expected)
    came_out = outcomes(audited)
    assert {each: came_out[each] for each in expected} == expected


@pytest.mark.parametrize("name", ["443 denied by a network rule", "parent policy denies one name"])
def test_a_rule_is_to_be_changed_in_its_rule_collection_group(name: str) -> None:
    """The group is a resource of its own; the id of the finding hangs on its policy, and on the name of the rule."""
    draft = Draft()
    next(each for each in RULES if each.name == name).put(draft)

    (found,) = audit_documents(draft.documents, tags=draft.tags).findings

    policy, _, group = found.resource.partition("/ruleCollectionGroups/")
    rule = f"{policy.rpartition('/')[2]}/{group}/"
    whole = next(each for each in found.message.split() if each.startswith(rule))
    key = f"{found.check}|{policy.lower()}|{whole}"
    assert found.id == fingerprint(found.check, found.workload, key)


@pytest.mark.parametrize(
    "put",
    [
        pytest.param(both_tags_gone, id="removed"),
        pytest.param(tag_rule(fqdnTags=["AppServiceEnvironment,WindowsUpdate"]), id="joined by a comma"),
        pytest.param(tag_rule(sourceAddresses=["10.1.1.0/25"]), id="for half of the subnet"),
        pytest.param(by_ip_group(), id="for an empty IP group"),
    ],
)
def test_each_missing_tag_is_one_finding(put: Put) -> None:
    """Where both documented tags are missing each is one finding, and together they hold both tags and every name."""
    draft = Draft()
    put(draft)

    audited = audit_documents(draft.documents, edition=NEW, tags=draft.tags)

    assert checks_of(audited) == ["missing-fqdn-tag", "missing-fqdn-tag"]
    assert {each for found in audited.findings for each in found.requirements} == {
        each.id for each in requirements_of(NEW) if both(TAGS, BY_NAME)(each)
    }
    by_tag = {f"ase-v2@{NEW}/fqdn-tag:{word}@azure-firewall" for word in ("appserviceenvironment", "windowsupdate")}
    assert [len(by_tag & set(each.requirements)) for each in audited.findings] == [1, 1]
