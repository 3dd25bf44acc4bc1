"""What lies outside the virtual network: the Internet, and services behind service endpoints."""

from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.route import EffectiveRoute
from auditor.estate.addresses import CARRIED, address_texts
from auditor.estate.estate import Estate
from auditor.estate.network import Subnet
from auditor.estate.tags import storage_account_of
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


def endpoint_policy_hops(estate: Estate, flow: Flow, subnet: Subnet, route: EffectiveRoute) -> tuple[Hop, ...]:
    """Return what service endpoint policies, which admit some accounts of Storage only, do with a flow (R38).

    None without policies, and for an account that one of them lists.
    """
    if not subnet.endpoint_policies or not route.text.lower().startswith("microsoft.storage"):
        return ()
    read = [estate.endpoint_policies[each] for each in subnet.endpoint_policies if each in estate.endpoint_policies]
    admitted = {resource for each in read for resource in each.resources}
    account, label = storage_account_of(flow.destination.name), flow.destination.label
    if account and any(each.endswith(f"{_ACCOUNTS}{account}") for each in admitted):
        return ()
    at, missing = subnet.id, [each for each in subnet.endpoint_policies if each not in estate.endpoint_policies]
    if account and not missing and admitted and all(_ACCOUNTS in each for each in admitted):
        why = f"no service endpoint policy of subnet {subnet.name} lists storage account {account}"
        return (make_hop("service-endpoint", at, "", Verdict.BLOCK, "endpoint-policy-unlisted", why, "R38"),)
    told = f": {estate.missing(missing[0])}" if missing else ""
    why = f"service endpoint policies of subnet {subnet.name} may leave out the account of {label}{told}"
    return (make_hop("service-endpoint", at, "", Verdict.UNKNOWN, "endpoint-policy", why, "R38"),)


_ACCOUNTS = "/storageaccounts/"
