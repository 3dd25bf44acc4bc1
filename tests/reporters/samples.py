"""Reports and traces written by hand, for every reporter to render."""

from auditor.findings import Finding, Gap, Level, Outcome, PackUse, Report, Result, Source, WorkloadSummary
from auditor.traces import FlowText, Hop, Path, Reason, Reply, Trace, Verdict

SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
NET = f"{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network"
WEB = f"{SUBSCRIPTION}/resourceGroups/rg-ase/providers/Microsoft.Web"
ASE = f"{WEB}/hostingEnvironments/ase-prod"
SUBNET = f"{NET}/virtualNetworks/vnet-ase/subnets/ase"
POLICY = f"{NET}/firewallPolicies/fw-policy"
PACK = "ase-v2@2018-09-24"
ARTICLE = "https://learn.microsoft.com/azure/app-service/environment/firewall-integration"

PACKS = (
    PackUse(
        pack="ase-management-addresses",
        edition="2018-06-12",
        revision="r2",
        cloud="public",
        digest="sha256:" + "5d" * 32,
    ),
    PackUse(pack="ase-v2", edition="2018-09-24", revision=None, cloud="public", digest="sha256:" + "a1" * 32),
)
SOURCES = (Source(kind="files", location="estates/prod", digest="sha256:" + "0f" * 32),)

HOSTILE = "ase\x1b[31m-\u202egnp\n::error::pwned ##vso[task.complete]"
"""A name that tries a colour, a reversed reading direction, a line break and two CI log commands."""
WIDE = "東京の環境"
LONG = "very-long-name-" * 12


def hop(at: str, resource: str, decided_by: str, verdict: Verdict, code: str, why: str, spec: str) -> Hop:  # noqa: PLR0913, PLR0917 - the fields of a hop, in their order
    """Write a hop in one line."""
    return Hop(at=at, resource=resource, decided_by=decided_by, verdict=verdict, code=code, why=why, spec=spec)


def workload(name: str, *counts: int, kind: str = "ASEV2") -> WorkloadSummary:
    """Write a workload with its counts in the order of Outcome."""
    return WorkloadSummary(
        id=f"{WEB}/hostingEnvironments/{name}",
        name=name,
        kind=kind,
        location="westeurope",
        subnet=SUBNET,
        summary=tuple(zip(Outcome, counts, strict=True)),
    )


def report(
    *workloads: WorkloadSummary,
    results: tuple[Result, ...] = (),
    findings: tuple[Finding, ...] = (),
    gaps: tuple[Gap, ...] = (),
    packs: tuple[PackUse, ...] = PACKS,
) -> Report:
    """Write a report of fixed version, time and sources."""
    return Report(
        tool_version="0.1.0",
        generated_at="2026-01-31T12:00:00Z",
        sources=SOURCES,
        packs=packs,
        workloads=workloads,
        results=results,
        findings=findings,
        gaps=gaps,
    )


FLOW = FlowText(source="vnet-ase/ase", destination="graph.windows.net", port="443/tcp")
NSG_ALLOWS = hop(
    "subnet-nsg",
    f"{NET}/networkSecurityGroups/nsg-ase",
    "AllowInternetOutBound",
    Verdict.ALLOW,
    "nsg-allow",
    "The default rule 65001 lets traffic to Internet out.",
    "N3",
)
ROUTE_TO_FIREWALL = hop(
    "route-table",
    f"{NET}/routeTables/rt-ase",
    "default",
    Verdict.ALLOW,
    "route-appliance",
    "0.0.0.0/0 is the longest matching prefix and leads to the appliance 10.0.1.4, which is the firewall fw-hub.",
    "R2",
)
FIREWALL_ALLOWS = hop(
    "firewall",
    f"{NET}/azureFirewalls/fw-hub",
    "fw-policy/rcg-ase/allow-ase/ase-tag",
    Verdict.ALLOW,
    "firewall-application-allow",
    "The application rule allows the FQDN tag AppServiceEnvironment for the whole subnet 10.0.0.0/24.",
    "F24",
)
FIREWALL_BLOCKS = hop(
    "firewall",
    f"{NET}/azureFirewalls/fw-hub",
    "fw-policy/rcg-deny/deny-web/deny-443",
    Verdict.BLOCK,
    "firewall-network-deny",
    "The network rule deny-443 denies 443/tcp to any address, and network rules decide before application rules.",
    "F24",
)
REPLY = Reply(
    verdict=Verdict.ALLOW,
    path=Path.FIREWALL,
    hops=(
        hop(
            "firewall",
            f"{NET}/azureFirewalls/fw-hub",
            "",
            Verdict.ALLOW,
            "firewall-stateful-return",
            "The firewall translated the source address, so the reply comes back to it.",
            "F40",
        ),
    ),
)
TRACE_ALLOWED = Trace(
    flow=FLOW,
    verdict=Verdict.ALLOW,
    path=Path.FIREWALL,
    reason=Reason(code="firewall-application-allow", text="fw-hub allows it by fw-policy/rcg-ase/allow-ase/ase-tag."),
    hops=(NSG_ALLOWS, ROUTE_TO_FIREWALL, FIREWALL_ALLOWS),
    reply=REPLY,
)
TRACE_BLOCKED = Trace(
    flow=FLOW,
    verdict=Verdict.BLOCK,
    path=Path.FIREWALL,
    reason=Reason(
        code="firewall-network-deny", text="The network rule deny-443 blocks it before any application rule."
    ),
    hops=(NSG_ALLOWS, ROUTE_TO_FIREWALL, FIREWALL_BLOCKS),
)
TRACE_UNKNOWN = Trace(
    flow=FlowText(source=f"{HOSTILE}/ase", destination=f"{WIDE}.example", port="443/tcp"),
    verdict=Verdict.UNKNOWN,
    path=Path.FIREWALL,
    reason=Reason(
        code="base-policy-unreadable", text="The base policy corp-base is not in the source, and it decides first."
    ),
    hops=(
        NSG_ALLOWS,
        ROUTE_TO_FIREWALL,
        hop(
            "firewall",
            f"{NET}/azureFirewalls/fw-hub",
            "",
            Verdict.UNKNOWN,
            "base-policy-unreadable",
            f"The base policy {HOSTILE} could not be read.",
            "F12",
        ),
    ),
    caveats=(
        "Threat intelligence is on in deny mode: it decides before any rule and cannot be read.",
        "Effective routes of a gateway are not in the source.",
    ),
)
TRACE_ASTRAY = Trace(
    flow=FlowText(source="13.64.115.203", destination="vnet-ase/ase", port="454/tcp"),
    verdict=Verdict.BLOCK,
    path=Path.DIRECT,
    reason=Reason(
        code="reply-astray",
        text="The request arrives from Internet, but its reply goes to the firewall, which drops it.",
    ),
    hops=(
        hop(
            "subnet-nsg",
            f"{NET}/networkSecurityGroups/nsg-ase",
            "allow-management",
            Verdict.ALLOW,
            "nsg-allow",
            "Rule 100 lets AppServiceManagement in on 454-455.",
            "N3",
        ),
    ),
    reply=Reply(
        verdict=Verdict.BLOCK,
        path=Path.DROPPED,
        hops=(
            ROUTE_TO_FIREWALL,
            hop(
                "firewall",
                f"{NET}/azureFirewalls/fw-hub",
                "",
                Verdict.BLOCK,
                "firewall-no-state",
                "The firewall never saw the request, so it drops the reply.",
                "A4",
            ),
        ),
    ),
)
TRACES = {"allowed": TRACE_ALLOWED, "blocked": TRACE_BLOCKED, "unknown": TRACE_UNKNOWN, "astray": TRACE_ASTRAY}


def result(  # noqa: PLR0913 - the fields of a result
    requirement: str, outcome: Outcome, code: str, text: str, *, check: str | None = None, trace: Trace | None = None
) -> Result:
    """Write a result of the sample environment."""
    return Result(
        workload=ASE,
        requirement=f"{PACK}/{requirement}",
        check=check,
        outcome=outcome,
        verdict=trace.verdict if trace else None,
        path=trace.path if trace else None,
        reason=Reason(code=code, text=text),
        trace=trace,
    )


NO_LINUX = "the environment has no Linux app"
RESULTS = (
    result(
        "fqdn:graph.windows.net:443",
        Outcome.PASS,
        "firewall-application-allow",
        "allowed by fw-policy/rcg-ase/allow-ase/ase-tag",
        trace=TRACE_ALLOWED,
    ),
    result("linux/fqdn:archive.ubuntu.com:80", Outcome.NOT_APPLICABLE, "no-linux-apps", NO_LINUX),
    result("linux/fqdn:docker.io:443", Outcome.NOT_APPLICABLE, "no-linux-apps", NO_LINUX),
    result("service-endpoint:Microsoft.Sql", Outcome.PASS, "enabled", "enabled on vnet-ase/ase"),
)
CLEAN = report(workload("ase-prod", 2, 0, 0, 0, 2), results=RESULTS)

FQDNS = tuple(f"{PACK}/fqdn:host-{number:02}.azure.com:443" for number in range(46))


def finding(check: str, level: Level, title: str, message: str, **fields: object) -> Finding:
    """Write a finding of the sample environment; every other field has a default."""
    defaults: dict[str, object] = {
        "id": f"{len(check):02x}{len(message):02x}9c41d7e0b35a",
        "workload": ASE,
        "resource": f"{NET}/routeTables/rt-ase",
        "requirements": (),
        "evidence": (),
        "fix": "See the document.",
        "references": (ARTICLE,),
    }
    return Finding(check=check, level=level, title=title, message=message, **{**defaults, **fields})  # type: ignore[arg-type]


FINDINGS = (
    finding(
        "blocked-by-firewall-rule",
        Level.ERROR,
        "A firewall rule denies a documented flow before the rule that allows it",
        "The network rule deny-443 denies 443/tcp to any address, and Azure Firewall decides by network rules before "
        "application rules, so the FQDN tag AppServiceEnvironment never takes effect.",
        resource=f"{POLICY}/ruleCollectionGroups/rcg-deny",
        requirements=FQDNS,
        evidence=(
            "fw-policy/rcg-deny/deny-web/deny-443 (network, priority 100): Deny TCP 443 from 10.0.0.0/24 to *",
            "fw-policy/rcg-ase/allow-ase/ase-tag (application, priority 200): Allow FQDN tag AppServiceEnvironment",
        ),
        fix="Remove the rule deny-443, or put a network rule that allows 443/tcp to AzureCloud before it.",
    ),
    finding(
        "dangling-next-hop",
        Level.ERROR,
        "A route names an appliance address that nothing owns",
        f"The default route of {HOSTILE} leads to 10.0.1.9, which nothing owns, so everything that leaves is dropped.",
        workload=f"{WEB}/hostingEnvironments/{HOSTILE}",
        requirements=FQDNS[:2],
        evidence=tuple(f"route r{number}: 10.{number}.0.0/16 -> VirtualAppliance 10.0.1.9" for number in range(9)),
        fix="Set the next hop of the routes to 10.0.1.4, the private address of the firewall fw-hub.",
    ),
    finding(
        "missing-service-endpoint",
        Level.WARNING,
        "A service endpoint of a dependency is not enabled on the subnet",
        "Microsoft.Sql is not enabled on vnet-ase/ase, so traffic to Azure SQL goes through the firewall.",
        workload=f"{WEB}/hostingEnvironments/{WIDE}",
        resource=SUBNET,
        requirements=(f"{PACK}/service-endpoint:Microsoft.Sql",),
        evidence=("serviceEndpoints of vnet-ase/ase: Microsoft.Storage",),
        fix="Enable the service endpoint Microsoft.Sql on the subnet vnet-ase/ase.",
    ),
    finding(
        "missing-service-endpoint",
        Level.WARNING,
        "A service endpoint of a dependency is not enabled on the subnet",
        "Microsoft.Sql is not enabled on vnet-ase/ase, so traffic to Azure SQL goes through the firewall.",
        id="1860aa0000000001",
        workload=f"{WEB}/hostingEnvironments/{LONG}",
        resource=f"{NET}/virtualNetworks/vnet-ase-2/subnets/ase",
        requirements=(f"{PACK}/service-endpoint:Microsoft.Sql",),
        evidence=("serviceEndpoints of vnet-ase/ase: Microsoft.Storage",),
        fix="Enable the service endpoint Microsoft.Sql on the subnet vnet-ase/ase.",
    ),
    finding(
        "missing-management-route",
        Level.WARNING,
        "A documented management address is not routed to Internet",
        "13.64.115.203 is not routed to Internet, but no route table is assigned, so replies still get back today.",
        requirements=(f"{PACK}/management-source:13.64.115.203",),
        waiver="Accepted by the network team until 2026-06-30 (NET-1234)",
        state="unchanged",
        fix="Add a route for 13.64.115.203/32 with next hop Internet to rt-ase.",
    ),
    finding(
        "broad-firewall-rule",
        Level.NOTE,
        "A firewall rule admits far more than the documents ask for",
        "The application rule any-web allows * on 443, so the environment can reach any web site.",
        resource=POLICY,
        state="new",
        fix="Replace * by the names the applications need.",
    ),
)
FINDING_RESULTS = (
    result(
        "fqdn:graph.windows.net:443",
        Outcome.FAIL,
        "firewall-network-deny",
        "the network rule deny-443 blocks it",
        check="blocked-by-firewall-rule",
        trace=TRACE_BLOCKED,
    ),
    *RESULTS[1:],
)
VIOLATING = report(
    workload("ase-prod", 44, 1, 46, 0, 9),
    workload(HOSTILE, 88, 0, 2, 1, 9),
    workload(LONG, 90, 1, 0, 0, 9),
    workload(WIDE, 90, 1, 0, 0, 9),
    results=FINDING_RESULTS,
    findings=FINDINGS,
)

GAPS = (
    Gap(
        what="*",
        scope="/subscriptions/99999999-0000-0000-0000-000000000000",
        why="the subscription refused to be listed",
        needs="the role Reader on the subscription",
    ),
    Gap(
        what="Microsoft.Network/firewallPolicies",
        scope=f"{NET}/firewallPolicies/corp-base",
        why="the base policy of fw-policy, not in the source",
        needs="Microsoft.Network/firewallPolicies/read, or the policy as a file",
    ),
)
UNKNOWN = report(
    workload("ase-prod", 44, 0, 0, 46, 9),
    results=(
        result(
            "fqdn:graph.windows.net:443",
            Outcome.UNKNOWN,
            "base-policy-unreadable",
            "the base policy corp-base decides first and could not be read",
            check="undetermined",
            trace=TRACE_UNKNOWN,
        ),
        *RESULTS[1:],
    ),
    findings=(
        finding(
            "undetermined",
            Level.WARNING,
            "The outcome could not be decided",
            "The base policy corp-base decides before fw-policy and could not be read.",
            resource=f"{NET}/firewallPolicies/corp-base",
            requirements=FQDNS,
            evidence=("fw-policy: basePolicy corp-base",),
            fix="Add the policy corp-base to the source, or grant Microsoft.Network/firewallPolicies/read on it.",
        ),
    ),
    gaps=GAPS,
)
EMPTY = report(packs=())
V3 = report(
    workload("ase-v3", 0, 0, 0, 0, 2, kind="ASEV3"),
    results=tuple(
        Result(
            workload=f"{WEB}/hostingEnvironments/ase-v3",
            requirement=f"{PACK}/{name}",
            check=None,
            outcome=Outcome.NOT_APPLICABLE,
            verdict=None,
            path=None,
            reason=Reason(
                code="other-kind", text="App Service Environment v3 has none of the dependencies of this pack"
            ),
        )
        for name in ("fqdn:graph.windows.net:443", "route-table")
    ),
)
REPORTS = {"clean": CLEAN, "violating": VIOLATING, "unknown": UNKNOWN, "empty": EMPTY, "v3": V3}
