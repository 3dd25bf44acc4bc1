"""From the hop that stops a flow to the check it is filed under."""

from collections.abc import Callable, Iterable, Mapping

from auditor.engine.context import Context, default_route_cause
from auditor.engine.judgement import Cause, cause_key, undetermined_cause
from auditor.engine.structure import dangling_cause
from auditor.traces import Hop, Verdict

DEFAULT_DENY = frozenset({"firewall-default-deny", "firewall-unsupported-pattern"})
"""Codes of a firewall that lets nothing through because no rule asks it to."""

_FILTERS = {"nsg-deny": "NSG", "nsg-allow": "NSG", "admin-deny": "security admin"}
"""Codes of what filters at a subnet, with the word for its rules."""

DANGLING = frozenset(
    {
        *("next-hop-unowned", "next-hop-not-connected", "next-hop-peering-down", "next-hop-no-forwarding"),
        "next-hop-in-hub",
    }
)


def cause_of(context: Context, hop: Hop, fallback: Cause) -> Cause:
    """Return what to mend at `hop`.

    fallback: the cause where the hop only does what it does because something documented is missing elsewhere.
    """
    if _is_default_route(context, hop) and hop.code in _NOT_TO_THE_FIREWALL:
        return context.missing_step or default_route_cause(context)
    if hop.verdict is Verdict.UNKNOWN:
        return undetermined_cause(hop)
    if hop.code in {"route-none", "no-such-subnet"}:
        return _dropped(hop, fallback)
    if hop.code in _FILTERS:
        return _blocked(hop, "blocked-by-nsg", _FILTERS[hop.code])
    if hop.code.endswith("-deny") and hop.code not in DEFAULT_DENY:
        return _blocked(hop, "blocked-by-firewall-rule", "firewall")
    if hop.code in DANGLING:
        return context.missing_step or dangling_cause(hop.decided_by, hop.resource, hop.code, hop.why, hop.spec)
    if hop.code in _CAUSES:
        return _CAUSES[hop.code](hop)
    if hop.code in {"firewall-undecided", "nsg-undecided"}:
        return undetermined_cause(hop)
    return fallback


_NOT_TO_THE_FIREWALL = frozenset(
    {"route-none", "beyond-gateway", "next-hop-gateway-invalid", "next-hop-appliance", "no-such-subnet"}
)
"""Codes of a default route that leads elsewhere than to a firewall: that is the cause, whatever lies there."""


def _is_default_route(context: Context, hop: Hop) -> bool:
    route = context.default_route
    return route is not None and (route.name, route.resource) == (hop.decided_by, hop.resource)


def _dropped(hop: Hop, fallback: Cause) -> Cause:
    check = fallback.check if fallback.check in _ABOUT_ROUTES else "missing-default-route"
    return Cause(
        check=check,
        key=cause_key(check, hop.resource, hop.decided_by),
        resource=hop.resource,
        message=f"route {hop.decided_by} drops documented traffic",
        evidence=(f"{hop.why} [{hop.spec}]",),
        fix=f"Remove the route {hop.decided_by}, or let it lead where the document asks for.",
    )


_ABOUT_ROUTES = frozenset({"missing-dependency-route", "asymmetric-management-reply", "missing-default-route"})


def causes_of(context: Context, hops: Iterable[Hop], fallback: Cause) -> tuple[Cause, ...]:
    """Return what to mend at each of `hops`, each once; certain causes before what is not known."""
    causes = dict.fromkeys(cause_of(context, each, fallback) for each in hops)
    certain = [each for each in causes if each.check != "undetermined"]
    return tuple(certain or causes)


def _blocked(hop: Hop, check: str, word: str) -> Cause:
    return Cause(
        check=check,
        key=cause_key(check, hop.resource, hop.decided_by),
        resource=hop.resource,
        message=f"{word} rule {hop.decided_by or 'of last resort'} stops documented traffic",
        evidence=(f"{hop.why} [{hop.spec}]",),
    )


def _gateway(hop: Hop) -> Cause:
    return Cause(
        check="asymmetric-peer-reply",
        key=f"{hop.code}|{hop.resource.lower()}",
        resource=hop.resource,
        message=hop.why,
        evidence=(f"{hop.why} [{hop.spec}]",),
        fix=(
            "Let 0.0.0.0/0 lead to the Internet in the route table of the application gateway's subnet, and route only "
            "the prefixes of its backends through the firewall."
        ),
    )


def _unlisted(hop: Hop) -> Cause:
    return Cause(
        check="missing-service-endpoint",
        key=f"{hop.code}|{hop.resource.lower()}",
        resource=hop.resource,
        message="the service endpoint policies of the subnet leave out documented storage accounts",
        evidence=(f"{hop.why} [{hop.spec}]",),
        fix="List the accounts in a service endpoint policy of the subnet, or take the policies off it.",
    )


def _egress(hop: Hop) -> Cause:
    return Cause(
        check="firewall-egress-blocked",
        key=cause_key(hop.code, hop.resource, hop.decided_by),
        resource=hop.resource,
        message=hop.why,
        evidence=(f"{hop.why} [{hop.spec}]",),
    )


_CAUSES: Mapping[str, Callable[[Hop], Cause]] = {
    "firewall-egress-blocked": _egress,
    "firewall-no-snat": _egress,
    "reply-misrouted": _egress,
    "application-gateway-default-route": _gateway,
    "endpoint-policy-unlisted": _unlisted,
}
"""What makes the cause of a hop, by its code."""
