"""Reports with networks, for the formats that draw them: one by hand, and some with hostile names."""

from dataclasses import replace

from auditor.findings import Finding, Gap, Level, Outcome, Report, Result
from auditor.sketches import Part, Parts, Passing, Presence, Sender, Sketch, Way
from auditor.traces import FlowText, Path, Reason, Reply, Trace, Verdict
from tests.reporters.samples import (
    FINDINGS,
    NET,
    PACK,
    ROUTE_TO_FIREWALL,
    SUBNET,
    TRACE_ASTRAY,
    TRACE_BLOCKED,
    WEB,
    finding,
    hop,
    report,
    result,
    workload,
)

NAUGHTY = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</style><img src=x onerror=alert(3)>",
    "</title></textarea><svg onload=alert(4)>",
    "<!--<script>alert(5)//-->",
    "]]><img src=x onerror=alert(6)>",
    "\"><iframe srcdoc='<script>parent.alert(7)</script>'>",
    "' autofocus onfocus=alert(8) x='",
    "javascript:alert(9)",
    "data:text/html,<script>alert(10)</script>",
    "{{ 7 * 7 }} {% raw %} ${7*7} <%= 7*7 %> #{7*7}",
    "\\u003cscript\\u003ealert(11)\\u003c/script\\u003e",
    "&lt;script&gt;alert(12)&lt;/script&gt; &amp; &#60;",
    "<svg><use href=https://attacker.invalid/x#y></use></svg>",
    "<base href=https://attacker.invalid/><meta http-equiv=refresh content=0;url=https://attacker.invalid/>",
    "<link rel=stylesheet href=https://attacker.invalid/a.css><style>*{display:none}</style>",
    "\u202egnp.exe\u202c \u2066left\u2069",
    "line\u2028separator\u2029paragraph\x85next",
    "null\x00byte \x1b[2J\x1b]0;title\x07 \x7f",
    "\ud800 alone, \ufffe no character, \ufeff mark",
    "Z\u0351\u036b\u0343a\u0489lgo \u05e2\u05d1\u05e8\u05d9\u05ea \u0639\u0631\u0628\u064a\u0629",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "__proto__",
    "constructor",
    '=HYPERLINK("https://attacker.invalid")',
    "::error::pwned ##vso[task.complete]",
    "a" * 3_000,
    "'; DROP TABLE findings; --",
    "../../../etc/passwd%00 file:///etc/passwd \\\\host\\share",
    "  leading and trailing  ",
    "-",
)
"""Names that try to be markup, script, style, links, templates, or to change what stands around them."""


def there(name: str, *facts: str, arm_id: str = "") -> Part:
    """Write a part that is there."""
    return Part(presence=Presence.PRESENT, id=arm_id, name=name, facts=facts)


SKETCH = Sketch(
    vnet=there("vnet-ase", "10.0.0.0/16", arm_id=f"{NET}/virtualNetworks/vnet-ase"),
    subnet=there("ase", "10.0.0.0/24", arm_id=SUBNET),
    admin_rules=Part(presence=Presence.ABSENT),
    security_group=there("nsg-ase", "6 rules in, 1 out", arm_id=f"{NET}/networkSecurityGroups/nsg-ase"),
    route_table=there("rt-ase", "31 routes", arm_id=f"{NET}/routeTables/rt-ase"),
    ways=(
        Way(
            next_hop="virtualappliance",
            address="10.0.1.4",
            verdict=Verdict.ALLOW,
            resource=f"{NET}/azureFirewalls/fw-hub",
            why="10.0.1.4 is Azure Firewall fw-hub",
            routes=("default: 0.0.0.0/0",),
            count=1,
        ),
        Way(
            next_hop="internet",
            address="",
            verdict=Verdict.ALLOW,
            resource="",
            why="management-1 leads to the Internet",
            routes=("management-1: 13.64.115.203/32", "management-2: 13.66.140.0/32"),
            count=30,
        ),
        Way(
            next_hop="virtualappliance",
            address="10.0.1.9",
            verdict=Verdict.BLOCK,
            resource="",
            why="nothing owns 10.0.1.9, the next hop of route old",
            routes=("old: 10.7.0.0/16",),
            count=1,
        ),
    ),
    ways_doubt="a gateway may have learned a longer route by BGP, and such routes are not part of the configuration",
    firewalls=Parts(
        shown=(there("fw-hub", "10.0.1.4", "policy fw-policy", arm_id=f"{NET}/azureFirewalls/fw-hub"),), count=1
    ),
    service_endpoints=Parts(shown=(there("Microsoft.Sql"), there("Microsoft.Storage", "westeurope")), count=2),
    private_endpoints=Parts(doubt="files do not show whether there are private endpoints"),
    peerings=Parts(shown=(there("vnet-hub", "connected", arm_id=f"{NET}/virtualNetworks/vnet-hub"),), count=1),
    gateways=Parts(),
    beside=Parts(
        shown=(there("gateway", "10.0.2.0/24", arm_id=f"{NET}/virtualNetworks/vnet-ase/subnets/gateway"),), count=1
    ),
    beyond=Parts(),
    passing=(
        Passing(path=Path.DIRECT, count=30),
        Passing(path=Path.FIREWALL, count=14, resource=f"{NET}/azureFirewalls/fw-hub"),
    ),
    senders=(),
)
"""The network of the sample environment."""

UNREAD = Sketch(
    vnet=Part(presence=Presence.UNKNOWN, facts=("the subnet cannot be read",)),
    subnet=Part(presence=Presence.UNKNOWN, name="ase", facts=("the subnet cannot be read",)),
    admin_rules=Part(presence=Presence.UNKNOWN, facts=("the subnet cannot be read",)),
    security_group=Part(presence=Presence.UNKNOWN, facts=("the subnet cannot be read",)),
    route_table=Part(presence=Presence.UNKNOWN, facts=("the subnet cannot be read",)),
    ways=(),
    ways_doubt="the subnet cannot be read",
    firewalls=Parts(doubt="the subnet cannot be read"),
    service_endpoints=Parts(doubt="the subnet cannot be read"),
    private_endpoints=Parts(doubt="the subnet cannot be read"),
    peerings=Parts(doubt="the subnet cannot be read"),
    gateways=Parts(doubt="the subnet cannot be read"),
    beside=Parts(doubt="the subnet cannot be read"),
    beyond=Parts(),
    passing=(),
    senders=(),
)
BARE = replace(
    SKETCH,
    security_group=Part(presence=Presence.ABSENT),
    route_table=Part(presence=Presence.ABSENT),
    ways=SKETCH.ways[1:2],
    ways_doubt="",
    firewalls=Parts(),
    private_endpoints=Parts(),
    passing=(),
)

DRAWN = report(
    replace(workload("ase-prod", 44, 1, 46, 0, 9), network=SKETCH),
    replace(workload("ase-unread", 0, 0, 0, 101, 0), network=UNREAD),
    replace(workload("ase-bare", 12, 0, 80, 0, 9), network=BARE),
    results=(
        result(
            "fqdn:graph.windows.net:443",
            Outcome.FAIL,
            "firewall-network-deny",
            "the network rule deny-443 blocks it",
            check="blocked-by-firewall-rule",
            trace=TRACE_BLOCKED,
        ),
        result(
            "management-source:13.64.115.203",
            Outcome.FAIL,
            "reply-astray",
            "its reply goes to the firewall, which drops it",
            check="asymmetric-management-reply",
            trace=TRACE_ASTRAY,
        ),
        result("route-table", Outcome.FAIL, "no-route-table", "no route table is assigned", check="no-route-table"),
    ),
    findings=(
        replace(FINDINGS[0], requirements=(f"{PACK}/fqdn:graph.windows.net:443",)),
        finding(
            "asymmetric-management-reply",
            Level.ERROR,
            "Replies to management traffic go astray",
            "13.64.115.203 reaches the environment, but the reply leaves by the firewall.",
            requirements=(f"{PACK}/management-source:13.64.115.203",),
        ),
        *FINDINGS[4:],
    ),
    gaps=(Gap(what="Microsoft.Network/firewallPolicies", scope="", why="not read", needs="Reader"),),
)
"""Three workloads with their networks: one whole, one of which nothing is known, one without anything."""


def hostile_sketch(name: str) -> Sketch:
    """Write a network in which everything that other people name has one hostile name."""
    part = there(name, name, arm_id=f"{NET}/virtualNetworks/{name}")
    group = Parts(shown=(part,), count=2, doubt=name)
    ways = tuple(replace(way, routes=(f"{name}: {name}",), why=name, address=name) for way in SKETCH.ways)
    return Sketch(
        vnet=part,
        subnet=part,
        admin_rules=part,
        security_group=part,
        route_table=part,
        ways=(*ways, replace(ways[0], next_hop=name)),
        ways_doubt=name,
        firewalls=group,
        service_endpoints=group,
        private_endpoints=group,
        peerings=group,
        gateways=group,
        beside=group,
        beyond=group,
        passing=(Passing(path=Path.FIREWALL, count=1, resource=f"{NET}/virtualNetworks/{name}"),),
        senders=(Sender(requirement=f"{PACK}/{name}", subnet=name),),
    )


def hostile_trace(name: str) -> Trace:
    """Write a trace with a reply in which everything that other people name has one hostile name."""
    stop = hop("firewall", f"{NET}/azureFirewalls/{name}", name, Verdict.BLOCK, "firewall-network-deny", name, "F24")
    return Trace(
        flow=FlowText(source=f"subnet {name}", destination=name, port=name),
        verdict=Verdict.BLOCK,
        path=Path.FIREWALL,
        reason=Reason(code="firewall-network-deny", text=name),
        hops=(ROUTE_TO_FIREWALL, stop),
        reply=Reply(verdict=Verdict.BLOCK, path=Path.FIREWALL, hops=(stop,)),
        caveats=(name,),
    )


def hostile(name: str) -> Report:
    """Write a report in which everything that other people name has one hostile name."""
    own = f"{WEB}/hostingEnvironments/{name}"
    return report(
        replace(
            workload(name, 1, 1, 1, 1, 1, kind=name),
            location=name,
            subnet=f"{SUBNET}{name}",
            network=hostile_sketch(name),
        ),
        results=(
            Result(
                workload=own,
                requirement=f"{PACK}/{name}",
                check="blocked-by-firewall-rule",
                outcome=Outcome.FAIL,
                verdict=Verdict.BLOCK,
                path=Path.FIREWALL,
                reason=Reason(code="firewall-network-deny", text=name),
                trace=hostile_trace(name),
            ),
        ),
        findings=(
            Finding(
                id=name,
                check="blocked-by-firewall-rule",
                level=Level.ERROR,
                workload=own,
                resource=f"{NET}/firewallPolicies/{name}",
                title=name,
                message=name,
                requirements=(f"{PACK}/{name}",),
                evidence=(name,),
                fix=name,
                references=(name, f"https://learn.microsoft.com/{name}"),
                state="new",
                waiver=name,
            ),
        ),
        gaps=(Gap(what=name, scope=name, why=name, needs=name),),
    )


def all_hostile() -> Report:
    """Write one report with every hostile name, each on a workload, a finding and a gap of its own."""
    each = [hostile(name) for name in NAUGHTY]
    return report(
        *(one for whole in each for one in whole.workloads),
        results=tuple(one for whole in each for one in whole.results),
        findings=tuple(one for whole in each for one in whole.findings),
        gaps=tuple(one for whole in each for one in whole.gaps),
    )
