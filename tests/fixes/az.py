"""What the commands of the Azure CLI in a fix set. What a comment beginning with `# Or` offers instead is left out."""

import shlex
from collections.abc import Callable, Mapping

from tests.fixes.settings import FIREWALL, POLICY, ROUTE, RULE, SECURITY_RULE, SUBNET, Step, Steps

Options = Mapping[str, list[str]]

_RULE = {
    "--rule-type": "ruleType",
    "--source-addresses": "sourceAddresses",
    "--target-fqdns": "targetFqdns",
    "--fqdn-tags": "fqdnTags",
    "--protocols": "protocols",
    "--ip-protocols": "ipProtocols",
    "--destination-addresses": "destinationAddresses",
    "--destination-ports": "destinationPorts",
}
_ROUTE = {
    "--address-prefix": "addressPrefix",
    "--next-hop-type": "nextHopType",
    "--next-hop-ip-address": "nextHopIpAddress",
}
_SECURITY_RULE = {
    "--direction": "direction",
    "--access": "access",
    "--protocol": "protocol",
    "--source-address-prefixes": "sourceAddressPrefix",
    "--destination-address-prefixes": "destinationAddressPrefix",
    "--destination-port-ranges": "destinationPortRange",
}


def az_steps(text: str) -> Steps:
    """Return what the commands do, in order."""
    steps: Steps = []
    instead = False
    for line in text.replace("\\\n", "").splitlines():
        if line.startswith("#"):
            instead = line.startswith("# Or")
        elif not instead:
            _, *words = shlex.split(line)
            first = next(place for place, word in enumerate(words) if word.startswith("-"))
            steps += _COMMANDS[" ".join(words[:first])](_options(words[first:]))
    return steps


def _options(words: list[str]) -> Options:
    """Return the values of each option."""
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            values = found.setdefault(word, [])
        else:
            values.append(word)
    return found


def _one(options: Options, name: str) -> str:
    (value,) = options[name]
    return value


def _singles(options: Options, names: Mapping[str, str]) -> dict[str, str]:
    return {field: _one(options, name) for name, field in names.items() if name in options}


def _route(options: Options) -> Steps:
    fields = _singles(options, _ROUTE) or None
    return [Step(key=(ROUTE, _one(options, "--route-table-name"), _one(options, "--name")), fields=fields)]


def _rule(options: Options, collection: str, name: str, *, keeps: bool = False) -> Steps:
    lists = {field: options[name] for name, field in _RULE.items() if name in options and name != "--rule-type"}
    fields = {**lists, **_singles(options, {"--rule-type": "ruleType"})} or None
    return [Step(key=(RULE, _one(options, collection), _one(options, name)), fields=fields, keeps=keeps)]


def _security_rule(options: Options) -> Steps:
    fields = {**_singles(options, _SECURITY_RULE), "priority": int(_one(options, "--priority"))}
    return [Step(key=(SECURITY_RULE, _one(options, "--nsg-name"), _one(options, "--name")), fields=fields)]


def _subnet(options: Options) -> Steps:
    fields = _singles(options, {"--address-prefixes": "addressPrefix", "--route-table": "routeTable"})
    endpoints = {"serviceEndpoints": options["--service-endpoints"]} if "--service-endpoints" in options else {}
    key = SUBNET, _one(options, "--vnet-name"), _one(options, "--name")
    return [Step(key=key, fields={**fields, **endpoints}, keeps=True)]


def _firewall(options: Options) -> Steps:
    fields = _singles(options, {"--firewall-policy": "firewallPolicy"})
    return [Step(key=(FIREWALL, "", _one(options, "--name")), fields=fields)]


def _policy(options: Options) -> Steps:
    return [
        Step(key=(POLICY, "", _one(options, "--name")), fields={"snat": options["--private-ranges"]}, keeps=True),
    ]


def _nothing(_: Options) -> Steps:
    """Do nothing: the command reads, or sets what is not compared."""
    return []


_COLLECTIONS = "network firewall policy rule-collection-group collection"
_COMMANDS: Mapping[str, Callable[[Options], Steps]] = {
    "network vnet subnet create": _subnet,
    "network vnet subnet update": _subnet,
    "network public-ip create": _nothing,
    "network route-table update": _nothing,
    "network route-table route create": _route,
    "network route-table route update": _route,
    "network route-table route delete": _route,
    "network firewall create": _firewall,
    "network firewall ip-config create": _nothing,
    "network firewall ip-config list": _nothing,
    "network firewall policy update": _policy,
    f"{_COLLECTIONS} add-filter-collection": lambda options: _rule(options, "--name", "--rule-name"),
    f"{_COLLECTIONS} rule update": lambda options: _rule(options, "--collection-name", "--name", keeps=True),
    f"{_COLLECTIONS} rule remove": lambda options: _rule(options, "--collection-name", "--name"),
    "network nsg rule create": _security_rule,
    "network list-service-tags": _nothing,
    "network watcher show-next-hop": _nothing,
    "rest": _nothing,
    "role assignment create": _nothing,
}
