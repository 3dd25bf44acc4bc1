"""What an application gateway asks of the routes of its subnet (A10)."""

from auditor.engine.hops import ROUTE_WORDS, make_hop
from auditor.engine.network import Network
from auditor.estate.network import Subnet
from auditor.traces import Hop, Verdict

_CODE = "application-gateway-default-route"
_NEW = 2


def gateway_hops(network: Network, subnet: Subnet) -> tuple[Hop, ...]:
    """Return the hop of a subnet whose default route keeps the application gateway in it from working; none else.

    A gateway of version 2 must reach the Internet, from where it is controlled, straight. Version 1 need not.
    """
    routes = network.routes(subnet)
    versions = network.gateway_versions(subnet)
    if not versions or routes is None or versions == {1}:
        return ()
    default = routes.default
    if default is None:
        return ()
    astray = default.next_hop != "internet"
    learned = routes.doubt is not None and routes.doubt.public and default.origin != "user" and _NEW in versions
    if not astray and not learned:
        return ()
    certain = astray and _NEW in versions
    place = default.next_hop_address or ROUTE_WORDS.get(default.next_hop, default.next_hop)
    what = f"{default.name} leads to {place}" if astray else "one may be learned"
    why = (
        f"the default route of subnet {subnet.name} must lead to the Internet for an application gateway of version 2, "
        f"and {what}"
    )
    verdict = Verdict.BLOCK if certain else Verdict.UNKNOWN
    return (make_hop("application-gateway", subnet.id, default.name, verdict, _CODE, why, "A10"),)
