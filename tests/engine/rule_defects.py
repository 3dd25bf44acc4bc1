"""Defects in the rules of the firewall."""

from typing import Any

from auditor.packs import Kind
from tests.builders import (
    collection,
    ip_group,
    network_id,
    network_rule,
)
from tests.engine.defects import (
    BY_NAME,
    BY_RULE,
    NAMES,
    NEW,
    OLD,
    TAGS,
    Defect,
    Put,
    both,
    covered_by,
    drop,
    fails,
    kinds,
    met_by,
    on_port,
    stopped,
    target,
    unknown,
    works_otherwise,
)
from tests.estates import FIREWALL, Draft


def drop_tags(*tags: str) -> Put:
    """Take FQDN tags out of the rule that allows them."""

    def put(draft: Draft) -> None:
        rule = draft.rule("rcg-application", "ase-tags")
        rule["fqdnTags"] = [each for each in rule["fqdnTags"] if each not in tags]
        if not rule["fqdnTags"]:
            draft.of("rcg-application")["ruleCollections"] = []

    return put


def tag_rule(**fields: Any) -> Put:  # noqa: ANN401 - ARM's own fields
    """Change fields of the rule that allows the FQDN tags."""
    return lambda draft: draft.rule("rcg-application", "ase-tags").update(fields)


def tag_collection(**fields: Any) -> Put:  # noqa: ANN401 - ARM's own fields
    """Change fields of the collection that allows the FQDN tags."""
    return lambda draft: draft.of("rcg-application")["ruleCollections"][0].update(fields)


def network_deny(*destinations: str, **more: Any) -> Put:  # noqa: ANN401 - ARM's own fields
    """Deny destinations on 443 by a network rule in a group before all others."""
    rule = network_rule("no-web", destinations, ["443"], **more)
    return lambda draft: draft.add_group("fwp-ase", "rcg-first", 100, collection("deny-web", 100, "Deny", [rule]))


def network_action(action: str) -> Put:
    """Put a network rule on all of 443 before all others, with an action Azure does not have yet."""
    rule = network_rule("no-web", ["*"], ["443"])
    return lambda draft: draft.add_group("fwp-ase", "rcg-first", 100, collection("deny-web", 100, action, [rule]))


def resolving(deny: Put, *servers: str) -> Put:
    """Switch the firewall's DNS proxy on, and make the VNet resolve names by `servers`."""

    def put(draft: Draft) -> None:
        draft.of("fwp-ase")["dnsSettings"] = {"enableProxy": True, "servers": []}
        draft.of("vnet-shop")["dhcpOptions"] = {"dnsServers": list(servers)}
        deny(draft)

    return put


def parent_deny(*targets: str) -> Put:
    """Deny names in the policy of the organisation."""
    return lambda draft: draft.rule("rcg-org", "games").update(targetFqdns=list(targets))


def by_ip_group(*addresses: str, present: bool = True) -> Put:
    """Name the senders of the tag rule by an IP group."""

    def put(draft: Draft) -> None:
        tag_rule(sourceAddresses=[], sourceIpGroups=[network_id("ipGroups", "ipg-ase")])(draft)
        if present:
            draft.add(ip_group("ipg-ase", addresses))

    return put


def drop_network_rule(name: str) -> Put:
    """Take away a network rule."""

    def put(draft: Draft) -> None:
        (only,) = draft.of("rcg-network")["ruleCollections"]
        only["rules"] = [each for each in only["rules"] if each["name"] != name]

    return put


def cyclic_base_policy(draft: Draft) -> None:
    """Make the policies each other's base."""
    draft.of("fwp-org")["basePolicy"] = {"id": network_id("firewallPolicies", "fwp-ase")}


def impossible_port(draft: Draft) -> None:
    """Write a port that there is not."""
    draft.rule("rcg-network", "ntp")["destinationPorts"] = ["99999"]


RULES_UNREADABLE = both(BY_RULE, TAGS)
RULES = [
    Defect(
        name="FQDN tag AppServiceEnvironment removed",
        put=drop_tags("AppServiceEnvironment"),
        check="missing-fqdn-tag",
        cause="allows FQDN tag AppServiceEnvironment in no rule",
        outcome=stopped,
        takes=covered_by("AppServiceEnvironment"),
    ),
    Defect(
        name="the only FQDN tag removed",
        put=drop_tags("AppServiceEnvironment", "WindowsUpdate"),
        check="missing-fqdn-tag",
        cause="allows FQDN tag AppServiceEnvironment in no rule",
        outcome=stopped,
        takes=both(TAGS, BY_NAME),
        editions=(OLD,),
    ),
    Defect(
        name="FQDN tag WindowsUpdate removed",
        put=drop_tags("WindowsUpdate"),
        check="missing-fqdn-tag",
        cause="allows FQDN tag WindowsUpdate in no rule",
        outcome=works_otherwise,
        takes=lambda each: (
            (each.kind is Kind.FQDN_TAG and each.target == "WindowsUpdate")
            or (kinds(*NAMES)(each) and each.tags == ("WindowsUpdate",))
        ),
        editions=(NEW,),
    ),
    Defect(
        name="tag rule for https only",
        put=tag_rule(protocols=[{"protocolType": "Https", "port": 443}]),
        check="undetermined",
        cause="fwp-ase/rcg-application/allow-ase-names/ase-tags",
        takes=on_port(80, *NAMES),
        outcome=unknown,
    ),
    Defect(
        name="tag rule for http only",
        put=tag_rule(protocols=[{"protocolType": "Http", "port": 80}]),
        check="missing-fqdn-tag",
        cause="ase-tags",
        outcome=stopped,
        takes=both(TAGS, on_port(443, *NAMES)),
        editions=(OLD,),
    ),
    Defect(
        name="FQDN tags joined by a comma",
        put=tag_rule(fqdnTags=["AppServiceEnvironment,WindowsUpdate"]),
        check="missing-fqdn-tag",
        cause='"AppServiceEnvironment,WindowsUpdate"',
        outcome=stopped,
        takes=both(TAGS, BY_NAME),
        editions=(OLD,),
    ),
    Defect(
        name="tag rule covers half of the subnet",
        put=tag_rule(sourceAddresses=["10.1.1.0/25"]),
        check="missing-fqdn-tag",
        cause="10.1.1.0/25",
        outcome=stopped,
        takes=both(TAGS, BY_NAME),
        editions=(OLD,),
    ),
    Defect(
        name="tag rule by an empty IP group",
        put=by_ip_group(),
        check="missing-fqdn-tag",
        cause="ase-tags",
        outcome=stopped,
        takes=both(TAGS, BY_NAME),
        editions=(OLD,),
    ),
    Defect(
        name="tag rule by an IP group that is not in the source",
        put=by_ip_group(present=False),
        check="undetermined",
        cause="ipg-ase",
        takes=both(TAGS, BY_NAME),
        outcome=unknown,
    ),
    Defect(
        name="tag collection with an unknown action",
        put=tag_collection(action={"type": "Maybe"}),
        check="undetermined",
        cause="ase-tags",
        takes=both(TAGS, BY_NAME),
        outcome=unknown,
    ),
    Defect(
        name="443 denied by a network rule",
        put=network_deny("*"),
        check="blocked-by-firewall-rule",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        outcome=stopped,
        takes=on_port(443, *NAMES, Kind.SERVICE_TAG),
    ),
    Defect(
        name="one name denied by a network rule",
        put=resolving(network_deny(destinationFqdns=["login.live.com"]), FIREWALL),
        check="blocked-by-firewall-rule",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        outcome=stopped,
        takes=target("login.live.com"),
    ),
    Defect(
        name="one name denied by a network rule, resolved elsewhere",
        put=resolving(network_deny(destinationFqdns=["login.live.com"]), "10.0.9.9"),
        check="undetermined",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        takes=target("login.live.com"),
        outcome=unknown,
    ),
    Defect(
        name="some addresses denied by a network rule",
        put=network_deny("23.0.0.0/8"),
        check="undetermined",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        takes=on_port(443, *NAMES),
        outcome=unknown,
    ),
    Defect(
        name="443 under a network rule with an unknown action",
        put=network_action("Maybe"),
        check="undetermined",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        takes=on_port(443, *NAMES, Kind.SERVICE_TAG),
        outcome=unknown,
    ),
    Defect(
        name="parent policy denies one name",
        put=parent_deny("*.games.contoso.com", "login.live.com"),
        check="blocked-by-firewall-rule",
        cause="fwp-org/rcg-org/deny-games/games",
        outcome=stopped,
        takes=target("login.live.com"),
    ),
    Defect(
        name="parent policy denies a domain",
        put=parent_deny("*.microsoft.com"),
        check="blocked-by-firewall-rule",
        cause="fwp-org/rcg-org/deny-games/games",
        outcome=stopped,
        takes=met_by("*.microsoft.com"),
    ),
    Defect(
        name="parent policy denies every name",
        put=parent_deny("*"),
        check="blocked-by-firewall-rule",
        cause="fwp-org/rcg-org/deny-games/games",
        outcome=stopped,
        takes=BY_NAME,
    ),
    Defect(
        name="base policy not in the source",
        put=drop("fwp-org"),
        check="undetermined",
        cause="fwp-org",
        takes=RULES_UNREADABLE,
        outcome=unknown,
    ),
    Defect(
        name="base policy its own base",
        put=cyclic_base_policy,
        check="undetermined",
        cause="its own base",
        takes=RULES_UNREADABLE,
        outcome=unknown,
    ),
    Defect(
        name="rule collection group not in the source",
        put=drop("rcg-application"),
        check="undetermined",
        cause="rcg-application",
        takes=RULES_UNREADABLE,
        outcome=unknown,
    ),
    Defect(
        name="rule for port 99999",
        put=impossible_port,
        check="undetermined",
        cause="99999",
        takes=RULES_UNREADABLE,
        outcome=unknown,
    ),
    *(
        Defect(
            name=f"network rule {name} removed",
            put=drop_network_rule(name),
            check="missing-network-rule",
            cause=word,
            outcome=fails,
            takes=takes,
            editions=(NEW,),
        )
        for name, word, takes in (
            ("ntp", "port 123", lambda each: each.target == "*" and each.ports == (123,)),
            ("triage", "port 12000", lambda each: each.target == "*" and each.ports == (12000,)),
            ("monitor", "AzureMonitor", kinds(Kind.SERVICE_TAG)),
        )
    ),
]


def both_tags_gone(draft: Draft) -> None:
    """Take both FQDN tags away."""
    drop_tags("AppServiceEnvironment", "WindowsUpdate")(draft)
