"""What lies outside the virtual network: the Internet, and services behind service endpoints."""

from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.route import EffectiveRoute
from auditor.estate.addresses import CARRIED, address_texts
from auditor.estate.network import Subnet
from auditor.traces import Hop, Verdict


def internet_hops(flow: Flow, route: EffectiveRoute) -> tuple[Hop, ...]:
    """Return what keeps a flow that was sent to the Internet from arriving there; none where nothing does.

    The Internet carries no private addresses. Whether a sender has a public IPv6 address was not read (R44).
    """
    addresses = flow.destination.addresses
    if addresses is None:
        return ()
    private = addresses - CARRIED
    if private:
        verdict = Verdict.PARTIAL if addresses & CARRIED else Verdict.BLOCK
        why = f"{route.name} leads to the Internet, which does not carry {address_texts(private)}"
        return (make_hop("internet", route.resource, route.name, verdict, "not-on-the-internet", why, "R8"),)
    if addresses.v6:
        why = (
            f"whether the sender has a public IPv6 address to reach {flow.destination.label} from is not in the source"
        )
        return (make_hop("internet", route.resource, route.name, Verdict.UNKNOWN, "no-default-outbound", why, "R44"),)
    return ()


def endpoint_policy_hops(subnet: Subnet, route: EffectiveRoute) -> tuple[Hop, ...]:
    """Return the doubt of service endpoint policies, which admit some accounts of Storage only; none without (R38)."""
    if not subnet.endpoint_policies or not route.text.lower().startswith("microsoft.storage"):
        return ()
    why = f"service endpoint policies of subnet {subnet.name} may leave out the account of this name"
    return (make_hop("service-endpoint", subnet.id, "", Verdict.UNKNOWN, "endpoint-policy", why, "R38"),)
