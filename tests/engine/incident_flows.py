"""Incidents that one flow shows, by number, as `test_incidents` lists them.

They happened on subnets of kinds that no requirement document covers yet: cluster nodes, function apps, jump boxes.
Their subnet is `ase` of the scene, or one of its neighbours.
"""

from typing import Any

from auditor.engine.replies import Exchange
from auditor.traces import Path, Verdict
from tests.attached import (
    application_gateway,
    classic_nat,
    load_balancer,
    machine,
    nat_rule,
    public_address,
)
from tests.builders import Document, firewall, network_id, route, route_table, security_rule, subnet
from tests.engine.incidents import FlowIncident, Seen
from tests.engine.scenes import (
    DEFAULT,
    FIREWALL,
    SPOKE,
    TO_FIREWALL,
    allow_names,
    named,
    scene,
    tag_list,
    to,
)

JUMP_BOX = "10.1.7.0/24"
GATEWAY = subnet("spoke", "gateway", "10.1.5.0/24", gateways=["/subscriptions/s/agw/ip"])
POLICIES: Document = {"serviceEndpointPolicies": [{"id": network_id("serviceEndpointPolicies", "own-accounts")}]}
TO_INTERNET = route("default", "0.0.0.0/0", "Internet")
NO_PUBLIC_ADDRESS: Document = {"defaultOutboundAccess": False}
STORAGE = tag_list(
    Storage__eastus2=["20.60.0.0/16"],
    Storage__centralus=["20.61.0.0/16"],
    AzureDatabricks=["40.70.58.221/32", "20.42.4.208/29"],
)
CONTROL_PLANE, STORE = "40.70.58.221", "20.60.1.1"


def reach_gateway(*routes: Document) -> Exchange:
    """Answer an application gateway of the same network, under 0.0.0.0/0 to the firewall and further routes."""
    return scene(routes=routes, spoke_subnets=[GATEWAY]).out(to("10.1.5.0/24"))


def search(*targets: str) -> Exchange:
    """Open www.google.com behind a firewall that allows some names."""
    return scene(application_rules=[allow_names("*.microsoft.com", *targets)]).out(named("www.google.com"))


def pull_image(default: Document, **more: Any) -> Exchange:  # noqa: ANN401 - changes of a scene
    """Pull an image from a subnet of cluster nodes without public addresses."""
    made = scene(default=default, ase=NO_PUBLIC_ADDRESS | more, application_rules=[allow_names("mcr.microsoft.com")])
    return made.out(named("mcr.microsoft.com"))


def bootstrap(*targets: str, jump_box: bool = True) -> Exchange:
    """Fetch a tool of the jump box, from there or from the other subnet.

    targets: what the rule for the jump box allows.
    """
    made = scene(
        spoke_subnets=[subnet("spoke", "jump", JUMP_BOX, table="rt")],
        application_rules=[allow_names("github.com", *targets, sources=[JUMP_BOX])],
    )
    return made.out(named("downloads.bicep.azure.com"), sender=made.subnet("jump") if jump_box else made.ase)


def function_app(end: str, *, names: str = "", **more: Any) -> Exchange:  # noqa: ANN401 - changes of a scene
    """Reach a storage account by its address, or anything else by its name, from an integration subnet."""
    made = scene(
        endpoints=["Microsoft.Storage"],
        tags=[STORAGE],
        application_rules=[allow_names(names)] if names else [],
        **more,
    )
    return made.out(to(end) if end[0].isdigit() else named(end))


def databricks(end: str, *routes: Document, endpoints: tuple[str, ...] = ()) -> Exchange:
    """Reach the control plane or the root storage of a workspace whose subnet is forced through the firewall."""
    return scene(routes=routes, endpoints=endpoints, tags=[STORAGE]).out(to(end))


LET_STORAGE_OUT = security_rule("allow-storage", 100, "Allow", direction="Outbound", destination="Storage.EastUS2")
DENY_INTERNET = security_rule("deny-internet", 200, "Deny", direction="Outbound", destination="Internet")

REFUSED = Seen(verdict=Verdict.BLOCK, path=Path.FIREWALL, code="firewall-default-deny", words=("default 10.0.0.4",))
ALLOWED = Seen(
    verdict=Verdict.ALLOW, path=Path.FIREWALL, code="firewall-application-allow", words=("fw/allow-names/names",)
)
STRAIGHT = Seen(verdict=Verdict.ALLOW, path=Path.SERVICE_ENDPOINT, code="route-service-endpoint")


def publish(*routes: Document) -> Exchange:
    """Ask for a cluster's service at the firewall's public address, which DNAT leads to a public load balancer."""
    wall = firewall(
        "fw",
        "hub",
        FIREWALL,
        collections={"natRuleCollections": [classic_nat("in", 100, [nat_rule("web", "20.8.8.8")])]},
    )
    made = scene(
        routes=routes,
        nsg=[security_rule("web", 100, "Allow", ports="443")],
        wall=wall,
        more=[
            load_balancer("kubernetes", ["node"], public="pip-lb"),
            machine("node", "spoke", "ase", "10.1.1.4"),
            public_address("pip-fw", "20.9.9.9"),
            public_address("pip-lb", "20.8.8.8"),
        ],
    )
    return made.published("20.9.9.9")


def probe_backend(*routes: Document, default: Document = DEFAULT) -> Exchange:
    """Reach a backend from the subnet of an application gateway of version 2, whose route table is in question."""
    made = scene(
        spoke_subnets=[subnet("spoke", "gateway", "10.1.5.0/24", table="rt-gateway")],
        more=[application_gateway("agw", "spoke", "gateway"), route_table("rt-gateway", [default, *routes])],
    )
    return made.out(to("10.1.1.4"), sender=made.subnet("gateway"))


FLOWS = (
    FlowIncident(
        number="I-10",
        broken=publish,
        before=Seen(
            verdict=Verdict.BLOCK,
            path=Path.FIREWALL,
            code="reply-asymmetric",
            words=("default sends the reply to firewall fw at 20.9.9.9 to firewall fw, which did not see the request",),
        ),
        fixed=lambda: publish(route("firewall", "20.9.9.9/32", "Internet")),
        after=Seen(verdict=Verdict.ALLOW, path=Path.FIREWALL, code="delivered", words=("DNAT rule fw/in/web",)),
    ),
    FlowIncident(
        number="I-19",
        broken=probe_backend,
        before=Seen(
            verdict=Verdict.BLOCK,
            path=Path.DROPPED,
            code="application-gateway-default-route",
            words=("the default route of subnet gateway must lead to the Internet", "default leads to 10.0.0.4"),
        ),
        fixed=lambda: probe_backend(route("backends", "10.7.0.0/16", TO_FIREWALL, FIREWALL), default=TO_INTERNET),
        after=Seen(verdict=Verdict.ALLOW, path=Path.VNET, code="route-vnet", words=("system route 10.1.0.0/16",)),
    ),
    FlowIncident(
        number="I-04-reply",
        broken=lambda: reach_gateway(route("inside", SPOKE, TO_FIREWALL, FIREWALL)),
        before=Seen(
            verdict=Verdict.BLOCK,
            path=Path.FIREWALL,
            code="firewall-default-deny",
            words=("inside (10.1.0.0/16) is the most specific and leads to the appliance 10.0.0.4",),
        ),
        fixed=lambda: reach_gateway(route("inside", "10.0.0.0/8", TO_FIREWALL, FIREWALL)),
        after=Seen(verdict=Verdict.ALLOW, path=Path.VNET, code="route-vnet", words=("system route 10.1.0.0/16",)),
    ),
    FlowIncident(
        number="I-05",
        broken=search,
        before=REFUSED,
        fixed=lambda: search("www.google.com"),
        after=ALLOWED,
    ),
    FlowIncident(
        number="I-07",
        broken=lambda: function_app(STORE),
        before=STRAIGHT,
        fixed=lambda: function_app(STORE, ase=POLICIES),
        after=Seen(verdict=Verdict.UNKNOWN, path=Path.SERVICE_ENDPOINT, code="endpoint-policy"),
    ),
    FlowIncident(
        number="I-11",
        broken=lambda: pull_image(TO_INTERNET),
        before=Seen(
            verdict=Verdict.BLOCK,
            path=Path.DIRECT,
            code="no-outbound",
            words=("default (0.0.0.0/0)", "gives no outbound access by default"),
        ),
        fixed=lambda: pull_image(TO_INTERNET, natGateway={"id": network_id("natGateways", "nat")}),
        after=Seen(verdict=Verdict.ALLOW, path=Path.DIRECT, code="route-internet"),
    ),
    FlowIncident(
        number="I-11-appliance",
        broken=lambda: pull_image(route("default", "0.0.0.0/0", TO_FIREWALL, "10.0.9.9")),
        before=Seen(
            verdict=Verdict.BLOCK,
            path=Path.DROPPED,
            code="next-hop-unowned",
            words=("nothing owns 10.0.9.9, the next hop of route default",),
        ),
        fixed=lambda: pull_image(DEFAULT),
        after=ALLOWED,
    ),
    FlowIncident(
        number="I-14",
        broken=bootstrap,
        before=REFUSED,
        fixed=lambda: bootstrap("downloads.bicep.azure.com"),
        after=ALLOWED,
    ),
    FlowIncident(
        number="I-14-elsewhere",
        broken=lambda: bootstrap("downloads.bicep.azure.com", jump_box=False),
        before=REFUSED,
        fixed=lambda: bootstrap("downloads.bicep.azure.com"),
        after=ALLOWED,
    ),
    FlowIncident(
        number="I-17",
        broken=lambda: function_app("login.microsoftonline.com", nsg=(LET_STORAGE_OUT,)),
        before=REFUSED,
        fixed=lambda: function_app("login.microsoftonline.com", nsg=(LET_STORAGE_OUT,), names="*.microsoftonline.com"),
        after=ALLOWED,
    ),
    FlowIncident(
        number="I-17-storage",
        broken=lambda: function_app(STORE, nsg=(LET_STORAGE_OUT,)),
        before=STRAIGHT,
        fixed=lambda: function_app(STORE, nsg=(LET_STORAGE_OUT,), default=TO_INTERNET),
        after=STRAIGHT,
    ),
    FlowIncident(
        number="I-18-keys",
        broken=lambda: function_app("management.azure.com", nsg=(LET_STORAGE_OUT, DENY_INTERNET), default=TO_INTERNET),
        before=Seen(
            verdict=Verdict.BLOCK,
            path=Path.DROPPED,
            code="nsg-deny",
            words=("nsg/deny-internet denies management.azure.com out",),
        ),
        fixed=lambda: function_app("management.azure.com", nsg=(LET_STORAGE_OUT,), default=TO_INTERNET),
        after=Seen(verdict=Verdict.ALLOW, path=Path.DIRECT, code="route-internet"),
    ),
    FlowIncident(
        number="I-18-storage",
        broken=lambda: function_app(STORE, nsg=(DENY_INTERNET,), default=TO_INTERNET),
        before=Seen(
            verdict=Verdict.BLOCK, path=Path.DROPPED, code="nsg-deny", words=(f"nsg/deny-internet denies {STORE} out",)
        ),
        fixed=lambda: function_app(STORE, nsg=(LET_STORAGE_OUT, DENY_INTERNET), default=TO_INTERNET),
        after=STRAIGHT,
    ),
    FlowIncident(
        number="I-20",
        broken=lambda: databricks(CONTROL_PLANE),
        before=REFUSED,
        fixed=lambda: databricks(CONTROL_PLANE, route("control-plane", "AzureDatabricks", "Internet")),
        after=Seen(
            verdict=Verdict.ALLOW, path=Path.DIRECT, code="route-internet", words=("control-plane (AzureDatabricks)",)
        ),
    ),
    FlowIncident(
        number="I-20-storage",
        broken=lambda: databricks(STORE),
        before=REFUSED,
        fixed=lambda: databricks(STORE, endpoints=("Microsoft.Storage",)),
        after=STRAIGHT,
    ),
)
