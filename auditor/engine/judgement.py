"""What an evaluator says of one requirement, before it is filed under a finding."""

import re
from dataclasses import dataclass
from functools import lru_cache

from auditor.engine.replies import Exchange
from auditor.estate.arm import key
from auditor.findings import Outcome
from auditor.packs import Requirement
from auditor.traces import Hop, Path, Reason, Verdict

_IN_POLICY = re.compile(r"/rulecollectiongroups/[^/]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing to mend. Requirements with the same check and key share a finding.

    key: what tells this cause from others, made of ids and names only, so that it is the same tomorrow.
    resource: ARM id of what to change. message: one sentence. evidence: what decided. fix: what to change; "" for the
    text of the check.
    """

    check: str
    key: str
    resource: str
    message: str
    evidence: tuple[str, ...] = ()
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One requirement decided. exchange: of the flow, where it is one. causes: empty on pass and not-applicable.

    sender: comparing id of the subnet the flow starts from, where that is another than the workload's.
    """

    requirement: Requirement
    outcome: Outcome
    reason: Reason
    causes: tuple[Cause, ...] = ()
    exchange: Exchange | None = None
    sender: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on the flow, where the requirement is one."""
        return self.exchange.verdict if self.exchange else None

    @property
    def path(self) -> Path | None:
        """The way of the flow, where the requirement is one."""
        return self.exchange.walk.path if self.exchange else None


def passed(
    requirement: Requirement, code: str, text: str, exchange: Exchange | None = None, sender: str = ""
) -> Judgement:
    """Return a judgement that the requirement holds."""
    reason = Reason(code=code, text=text)
    return Judgement(requirement=requirement, outcome=Outcome.PASS, reason=reason, exchange=exchange, sender=sender)


def not_applicable(requirement: Requirement, code: str, text: str) -> Judgement:
    """Return a judgement that the condition of the requirement does not hold."""
    return Judgement(requirement=requirement, outcome=Outcome.NOT_APPLICABLE, reason=_reason(code, text))


@lru_cache(maxsize=256)
def _reason(code: str, text: str) -> Reason:
    return Reason(code=code, text=text)  # one for all the requirements of a workload that do not apply


def undetermined(requirement: Requirement, hop: Hop, exchange: Exchange | None = None) -> Judgement:
    """Return a judgement that the requirement cannot be decided, for the reason of `hop`."""
    return Judgement(
        requirement=requirement,
        outcome=Outcome.UNKNOWN,
        reason=Reason(code=hop.code, text=hop.why),
        causes=(undetermined_cause(hop),),
        exchange=exchange,
    )


def cause_key(kind: str, resource: str, name: str) -> str:
    """Return what tells a cause from others: what it is, where, and the rule or route.

    The name of a rule of a firewall policy begins with those of its policy and group: the policy says where it is.
    """
    return f"{kind}|{_IN_POLICY.sub('', key(resource))}|{name}"


def undetermined_cause(hop: Hop) -> Cause:
    """Return the cause of what hangs on `hop`: one for each thing that is not known."""
    return Cause(
        check="undetermined",
        key=cause_key(hop.code, hop.resource, hop.decided_by),
        resource=hop.resource,
        message=hop.why,
        evidence=(f"{hop.why} [{hop.spec}]",),
        fix=_SETTLED_BY.get(hop.code, ""),
    )


_HUB_PARTS = (
    "Add the hub with its connections, routing intent and route tables to the source: `az network vhub show`, and "
    "`connection list`, `routing-intent list` and `route-table list` of `az network vhub`; or collect a snapshot."
)
_OWN_LIST = (
    "Collect a snapshot with the right to read the environment and what lies below it, or audit against the documents "
    "with --requirements documented."
)
_SETTLED_BY = {
    "hub-connection-unreadable": _HUB_PARTS,
    "hub-unreadable": _HUB_PARTS,
    "routing-intent-unreadable": _HUB_PARTS,
    "hub-route-table-unreadable": _HUB_PARTS,
    "hub-neighbours-unreadable": _HUB_PARTS,
    "hub-custom-routing": "Look at the effective routes of the hub: they alone tell what its tables do together.",
    "hub-in-transition": "Bring the hub into one settled state, then read it again.",
    "hub-internet-security-unknown": "Read the connection of the VNet again, with its enableInternetSecurity.",
    "version-unknown": "Read the environment again, with its kind: ASEV2 or ASEV3.",
    "no-pack-for-cloud": "Add a pack for this cloud with --pack-dir; the product ships those of the public cloud.",
    "service-endpoint-region": (
        "Allow the names at the firewall as well, by the FQDN tag or by rules of their own: then they get out "
        "whichever way they take."
    ),
    "exposure-unreadable": "Read the environment again, with its internalLoadBalancingMode, or declare client ranges.",
    "own-list-unreadable": _OWN_LIST,
    "own-list-empty": _OWN_LIST,
    "own-list-entry": "Look into Azure's own list for this entry, and check with Network Watcher that it is reached.",
    "apps-unreadable": "Add its apps and plans to the source: `az webapp list` and `az appservice plan list`.",
}
"""What settles a doubt, by its code, where that is not to read the resource the finding names."""
