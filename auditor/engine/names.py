"""Names and the FQDN tags that cover them: the requirements an Azure Firewall exists for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from auditor.engine.context import Context
from auditor.engine.coverage import Coverage
from auditor.engine.firewall import FirewallRules
from auditor.engine.firewall_rules import Placed, Unreadable, source_coverage
from auditor.engine.flows import TCP, Flow
from auditor.engine.hops import make_hop
from auditor.engine.judgement import Cause, Judgement, passed, undetermined
from auditor.engine.replies import Exchange, named_exchange
from auditor.engine.stops import DEFAULT_DENY, causes_of
from auditor.engine.structure import failed, unreadable_firewall
from auditor.estate.addresses import NOTHING, address_texts, union
from auditor.estate.firewall import ApplicationRule, Firewall
from auditor.estate.names import normal_fqdn_tag
from auditor.estate.ports import port_set
from auditor.findings import Outcome
from auditor.packs import Kind, Requirement
from auditor.traces import Path, Reason, Verdict

LINUX = "linux-apps"


def judge_name(context: Context, requirement: Requirement) -> Judgement:
    """Decide a documented FQDN or wildcard on its port, for the whole subnet."""
    exchange = _exchange(context, requirement)
    reason = exchange.reason
    if exchange.verdict is Verdict.ALLOW:
        beside = context.off_path(exchange.walk)
        if beside is None:
            return passed(requirement, reason.code, reason.text, exchange)
        how = f"{requirement.target} is reached {exchange.walk.path.value}, past the firewall: {beside.message}"
        reason = Reason(code="past-the-firewall", text=how)
        return Judgement(
            requirement=requirement, outcome=Outcome.DEVIATES, reason=reason, causes=(beside,), exchange=exchange
        )
    outcome = Outcome.UNKNOWN if exchange.verdict is Verdict.UNKNOWN else Outcome.FAIL
    causes = causes_of(context, exchange.stops, context.missing_step or missing_name_cause(context, requirement))
    return Judgement(requirement=requirement, outcome=outcome, reason=reason, causes=causes, exchange=exchange)


def _exchange(context: Context, requirement: Requirement) -> Exchange:
    end, ports = context.named(requirement), port_set(str(requirement.ports[0]))
    if requirement.live and not requirement.protocol:
        return named_exchange(
            context.network, Flow(source=context.source, destination=end, protocol=TCP, ports=ports), context.subnet
        )
    return context.exchange(end, ports, application=requirement.protocol)


def missing_name_cause(context: Context, requirement: Requirement) -> Cause:
    """Return the cause that no rule of the firewall allows a documented name."""
    check = "missing-linux-fqdn" if requirement.condition == LINUX else "missing-fqdn"
    firewall = _deciding_firewall(context)
    name, resource = (firewall.name, firewall.policy or firewall.id) if firewall else ("", context.subnet.id)
    documented = "documented Linux dependencies" if check == "missing-linux-fqdn" else "documented names"
    word = "names of Azure's own list" if requirement.live else documented
    return Cause(
        check=check,
        key=f"{check}|{resource.lower()}",
        resource=resource,
        message=f"firewall {name} has no rule that allows {word}",
    )


def _deciding_firewall(context: Context) -> Firewall | None:
    owner = context.default_owner
    if owner is not None and owner.firewall is not None:
        return owner.firewall
    return context.firewalls[0] if context.firewalls else None


def judge_tag(context: Context, requirement: Requirement, names: Sequence[Judgement]) -> Judgement:
    """Step 2: an application rule allows the FQDN tag for the whole subnet.

    names: the judgements on the documented names; where the tag is not allowed, they tell whether it is missed.
    """
    if context.missing_step is not None and context.missing_step.check == "no-firewall":
        return failed(requirement, context.missing_step)
    firewall = _deciding_firewall(context)
    rules = context.network.firewall(firewall) if firewall else None
    if firewall is None or rules is None:
        return undetermined(requirement, unreadable_firewall(context))
    if isinstance(rules.placed, Unreadable):
        fault = rules.placed
        return undetermined(
            requirement, make_hop("firewall", firewall.id, "", Verdict.UNKNOWN, fault.code, fault.why, fault.spec)
        )
    holders = _holders(rules, normal_fqdn_tag(requirement.target))
    source = context.source.universe
    covered = union(
        _sources(context, each).literal for each in holders if each.certain and not _sources(context, each).why
    )
    if source <= covered:
        text = f"rule {holders[0].name} allows FQDN tag {requirement.target} for the whole subnet"
        return passed(requirement, "fqdn-tag-allowed", text)
    for each in holders:
        doubt = each.doubt or _sources(context, each).why
        if each.https and doubt and source <= covered | _sources(context, each).literal | _sources(context, each).blur:
            why = f"rule {each.name} may allow FQDN tag {requirement.target}, and {doubt}"
            hop = make_hop("firewall", each.placed.owner, each.name, Verdict.UNKNOWN, "firewall-undecided", why, "F38")
            return undetermined(requirement, hop)
    cause = _missing_tag(context, firewall, requirement, holders)
    mine = [
        each for each in names if normal_fqdn_tag(requirement.target) in map(normal_fqdn_tag, each.requirement.tags)
    ]
    return failed(requirement, cause, _tag_outcome(mine))


def _tag_outcome(names: Iterable[Judgement]) -> Outcome:
    """Tell how bad a missing tag is: a deviation where names it covers get out all the same, by rules of their own."""
    told = [each for each in names if each.outcome is not Outcome.NOT_APPLICABLE]
    fine = all(each.outcome in {Outcome.PASS, Outcome.DEVIATES} for each in told)
    return Outcome.DEVIATES if fine or any(map(_by_own_rule, told)) else Outcome.FAIL


@dataclass(frozen=True, slots=True)
class _Holder:
    """An application rule that names a tag and does not deny it."""

    placed: Placed
    rule: ApplicationRule

    @property
    def name(self) -> str:
        return f"{self.placed.path}/{self.rule.name}"

    @property
    def https(self) -> bool:
        """Whether it lets https through on its port; a tag rule without protocols does (F26, F38)."""
        return not self.rule.protocols or ("https", 443) in self.rule.protocols

    @property
    def doubt(self) -> str:
        """Why it may not be in force; "" if it certainly is."""
        if self.placed.collection.allow is None:
            return "the auditor does not know the action of its collection"
        return "another rule collection of the same priority has another action" if self.placed.tie else ""

    @property
    def certain(self) -> bool:
        return self.https and not self.doubt


def _holders(rules: FirewallRules, tag: str) -> list[_Holder]:
    """Return the application rules in force that name a tag, except those that deny it."""
    return [_Holder(placed, rule) for placed, rule in rules.tagged.get(tag, ()) if placed.collection.allow is not False]


def _sources(context: Context, holder: _Holder) -> Coverage:
    """Return the senders a rule names; none where an empty IP group switches it off."""
    return source_coverage(holder.rule.sources, context.network.estate) or Coverage(NOTHING)


def _missing_tag(context: Context, firewall: Firewall, requirement: Requirement, holders: list[_Holder]) -> Cause:
    tag, resource = requirement.target, firewall.policy or firewall.id
    partial = [each for each in holders if each.https]
    evidence = [
        f"rule {each.name} allows it only for {address_texts(_sources(context, each).literal) or 'none'} [F16]"
        for each in partial
    ]
    evidence += [f"rule {each.name} allows it without https [F38]" for each in holders if not each.https]
    rules = context.network.firewall(firewall)
    if not isinstance(rules.placed, Unreadable):
        evidence += _malformed(rules.placed)
    prefix = ", ".join(context.subnet.prefixes)
    some = any(_sources(context, each).literal & context.source.universe for each in partial)
    part = "for a part of the subnet only" if some else "in no rule for the subnet" if partial else "in no rule"
    part += " for https" if holders and not partial else ""
    return Cause(
        check="missing-fqdn-tag",
        key=f"fqdn-tag|{resource.lower()}|{normal_fqdn_tag(tag)}",
        resource=resource,
        message=f"firewall {firewall.name} allows FQDN tag {tag} {part}",
        evidence=tuple(evidence) or (f"no application rule in force on firewall {firewall.name} names {tag} [F38]",),
        fix=f"Add an application rule with FQDN tag {tag}, protocols Https:443 and Http:80, and source {prefix}.",
    )


def _malformed(placed: tuple[Placed, ...]) -> list[str]:
    return [
        f'rule {each.path}/{rule.name} holds "{text}": several tags in one text, of which Azure may apply none [F38]'
        for each in placed
        for rule in each.collection.rules
        if isinstance(rule, ApplicationRule)
        for text in rule.malformed_tags
    ]


def refile_names(names: Sequence[Judgement], tags: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """File names that no rule allows under the missing tag that would have let them out.

    That is so where no name the tag covers gets out by a rule of its own: then the tag is the one cause. Where some do,
    those that do not are causes of their own.
    """
    filed = list(names)
    for tag in tags:
        cause = tag.causes[0] if tag.causes else None
        if cause is None or cause.check != "missing-fqdn-tag":
            continue
        word = normal_fqdn_tag(tag.requirement.target)
        covered = [i for i, each in enumerate(filed) if word in map(normal_fqdn_tag, each.requirement.tags)]
        if not any(_by_own_rule(filed[i]) for i in covered):
            for i in covered:
                filed[i] = _under(filed[i], cause)
    return tuple(filed)


def _by_own_rule(name: Judgement) -> bool:
    walk = name.exchange.walk if name.exchange else None
    if walk is None or walk.path is not Path.FIREWALL or name.outcome is not Outcome.PASS:
        return False
    return not any(hop.at == "firewall" and hop.code.endswith("-tag") for hop in walk.hops)


def _under(name: Judgement, cause: Cause) -> Judgement:
    """Return a judgement with the missing tag in place of the missing name, and of a doubt the tag would settle."""
    if any(each.check in MISSING_NAMES for each in name.causes):
        return replace(name, causes=tuple(cause if each.check in MISSING_NAMES else each for each in name.causes))
    walk = name.exchange.walk if name.exchange else None
    if walk is not None and name.outcome is Outcome.UNKNOWN and any(hop.code in DEFAULT_DENY for hop in walk.possible):
        return replace(name, causes=(cause,))
    return name


def file_doubts(context: Context, names: Sequence[Judgement], others: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """File what is not known of names under the certain cause that would stop them, where other flows fail by it.

    Whether a name takes the firewall or a service endpoint may be unknown; what stops it at the firewall is not.
    """
    certain = {(c.check, c.key) for each in (*names, *others) if each.outcome in _NOT_MET for c in each.causes}
    return tuple(_with_certain_cause(context, each, certain) for each in names)


_NOT_MET = frozenset({Outcome.FAIL, Outcome.DEVIATES})


def _with_certain_cause(context: Context, name: Judgement, certain: set[tuple[str, str]]) -> Judgement:
    if name.exchange is None or name.outcome is not Outcome.UNKNOWN:
        return name
    lost = [replace(each, verdict=Verdict.BLOCK) for each in name.exchange.reply.hops if each.code == "reply-misrouted"]
    fallback = context.missing_step or missing_name_cause(context, name.requirement)
    possible = causes_of(context, (*name.exchange.walk.possible, *lost), fallback)
    causes = [each for each in possible if (each.check, each.key) in certain]
    return replace(name, causes=tuple(causes)) if causes else name


MISSING_NAMES = frozenset({"missing-fqdn", "missing-linux-fqdn"})
NAMES = frozenset({Kind.FQDN, Kind.WILDCARD})
