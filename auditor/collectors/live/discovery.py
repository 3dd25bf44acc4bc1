"""What is read of a scope: everything needed in its subscriptions, and all that decides its flows elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from auditor.collectors.live import graph
from auditor.collectors.live.following import FOLLOWED, Following
from auditor.collectors.live.kinds import (
    ADMIN_IN_FORCE,
    ADMIN_RULES,
    APPS,
    ENVIRONMENTS,
    HUB_CHILDREN,
    NETWORK_RESOURCES,
    RESOURCES,
    ROUTE_SERVER_CHILDREN,
)
from auditor.collectors.live.reading import Reading, unit_of
from auditor.collectors.live.refusals import RefusedError
from auditor.collectors.live.scope import Asked, Scope, silent, subscription_path
from auditor.collectors.needed import needed_spelling
from auditor.errors import LiveError
from auditor.estate.arm import key, mapping
from auditor.estate.security_admin import read_applied
from auditor.findings import Gap

_HUBS, _VNETS, _FIREWALLS = (
    f"Microsoft.Network/{each}" for each in ("virtualHubs", "virtualNetworks", "azureFirewalls")
)
_INTERFACES = "Microsoft.Network/networkInterfaces"
_WHOLE = "whole "
"""How the unit of a journal starts that says of which subscriptions everything was read."""


def discover(reading: Reading, asked: Asked, scope: Scope) -> None:
    """Read all that a scope asks for, and what decides its flows."""
    reading.progress.stage("subscriptions", len(scope.asked))
    _subscriptions(reading, scope)
    if asked.workload:
        reading.progress.stage("the workload")
        _workload(reading, asked.workload)
    else:
        reading.progress.stage("resources")
        _everything(reading, scope.asked)
        _compare(reading, scope, "still there")
    _check_rights(reading, asked, scope)
    follow(reading)


def _subscriptions(reading: Reading, scope: Scope) -> None:
    """Keep what is asked for, and which of it cannot be seen: today, where a run goes on with one of yesterday."""
    unit = unit_of("scope", scope.asked)
    if unit not in reading.journal.done:
        reading.journal.keep_scope(unit, scope.ids)
        for gap in scope.gaps:
            reading.journal.add_gap(unit, gap)
        reading.journal.finish(unit)
    _compare(reading, scope, "answers")


def _compare(reading: Reading, scope: Scope, when: str) -> None:
    """Ask Resource Graph which of the subscriptions it answers for (Q7): before their resources are read, and after."""
    unit = unit_of(when, scope.asked)
    if unit in reading.journal.done:
        return
    answered: list[str] = []
    for some in graph.batches(scope.asked, graph.FEW_ROWS_TOGETHER):
        try:
            for rows in graph.pages(reading.session, graph.SUBSCRIPTIONS, some):
                answered += [key(each["id"]).rpartition("/")[2] for each in rows]
        except (RefusedError, graph.Unrepeatable):
            continue  # then it is silent on them
    for gap in silent(scope, answered):
        reading.journal.add_gap(unit, gap)
    reading.journal.finish(unit)


def _everything(reading: Reading, subscriptions: Sequence[str]) -> None:
    """Read every needed resource of some subscriptions from Resource Graph."""
    for some in graph.batches(subscriptions, graph.TOGETHER):
        query = graph.of_types("resources", RESOURCES)
        reading.query(query, some, _unanswered(some, ("*",)))
    for some in graph.batches(subscriptions, graph.FEW_ROWS_TOGETHER):
        query = graph.of_types("networkresources", NETWORK_RESOURCES)
        # Rule collection groups are named by their policies, and read one by one where they are missing.
        reading.query(query, some, _unanswered(some, (ADMIN_IN_FORCE, ADMIN_RULES)))
    reading.journal.finish(_WHOLE + " ".join(subscriptions))


def _unanswered(subscriptions: Sequence[str], kinds: Sequence[str]) -> Callable[[RefusedError], Iterator[Gap]]:
    """Return what makes gaps of a refusal of Resource Graph: one for each subscription and type."""

    def gaps(fault: RefusedError) -> Iterator[Gap]:
        for each in subscriptions:
            for kind in kinds:
                told = f"Resource Graph could not be asked for subscription {each}: {fault.why}"
                needs = fault.needs("*/read on the subscription")
                yield Gap(what=kind, scope=f"/subscriptions/{each}", why=told, needs=needs)

    return gaps


def _workload(reading: Reading, workload: str) -> None:
    """Read one environment, and the apps and plans of its subscription, which those in it are among."""
    at = key(workload)

    def gap(_: str, fault: RefusedError) -> Gap:
        if fault.is_absent:
            raise LiveError(f"--workload: Azure says that {workload} does not exist; check the id")
        return fault.gap(ENVIRONMENTS, workload, "the workload that was asked for could not be read")

    reading.read([at], gap)
    subscription = _home(at)
    query = graph.of_types("resources", APPS)
    reading.query(query, [subscription], _unanswered([subscription], APPS))


def follow(reading: Reading) -> None:
    """Read what the documents in the journal lead to, and what that leads to."""
    journal, following = reading.journal, Following()
    whole = _read_whole(reading)
    following.near.update(each for each in journal.ids(_VNETS) if _home(each) in whole)
    environments = dict.fromkeys(journal.ids(ENVIRONMENTS))
    fresh = [*environments, *(each for each in journal.ids() if each not in environments)]
    reading.progress.stage("what decides their flows")
    while fresh:
        wanted: dict[str, str] = {}
        for at in fresh:
            if journal.kind(at) in FOLLOWED:
                for step in following.see(journal.document(at)):
                    wanted.setdefault(step.target, step.why)
        for step in following.turned_out():
            wanted.setdefault(step.target, step.why)
        known = set(journal.ids())
        reading.resources(wanted)
        _below_hubs(reading)
        if not set(journal.ids()) - known and following.unconnected:
            _every_hub(reading)
        fresh = sorted(set(journal.ids()) - known)
    _scale_sets(reading, following)
    _admin_rules(reading)


def _read_whole(reading: Reading) -> set[str]:
    """Return the subscriptions of which everything was read, by this run or by one before it."""
    units = (each for each in reading.journal.done if each.startswith(_WHOLE))
    return {each for unit in units for each in unit.split()[1:]}


def _below_hubs(reading: Reading) -> None:
    """Read the lists below every virtual hub that was read (Q3)."""
    paths = []
    for at in reading.journal.ids(_HUBS):
        fields = mapping(reading.journal.document(at).get("properties"))
        names = HUB_CHILDREN if fields.get("virtualWan") else ROUTE_SERVER_CHILDREN
        paths += [f"{at}/{name}" for name in names]
    reading.lists(paths, _unlisted, lambda _, items: items)


def _unlisted(path: str, fault: RefusedError) -> Gap:
    parent, _, name = path.rpartition("/")
    return fault.gap(needed_spelling(f"{_HUBS}/{name}") or _HUBS, parent, f"{name} of {parent.rpartition('/')[2]}")


def _every_hub(reading: Reading) -> None:
    """Look for a hub among all that this identity sees: a network does not say which one it is connected to."""
    query = graph.of_types("resources", (_HUBS,))
    reading.query(query, None, lambda fault: [fault.gap(_HUBS, "", "virtual hubs could not be looked for")])
    _below_hubs(reading)


def _scale_sets(reading: Reading, following: Following) -> None:
    """Read the interfaces of scale sets in networks of environments, which Resource Graph does not list."""
    paths = [f"{each}/networkInterfaces" for each in sorted(following.scale_sets)]
    gap = _unread_interfaces
    reading.lists(paths, gap, lambda _, items: [{**each, "type": _INTERFACES} for each in items])


def _unread_interfaces(path: str, fault: RefusedError) -> Gap:
    name = path.split("/")[-2]
    return fault.gap(_INTERFACES, path.rpartition("/")[0], f"the network interfaces of scale set {name}")


def _home(arm_id: str) -> str:
    """Return the id of the subscription a resource lies in."""
    return subscription_path(arm_id).rpartition("/")[2]


def _admin_rules(reading: Reading) -> None:
    """Read which security admin rules are in force on VNets outside the scope, and the rules of every configuration."""
    journal = reading.journal
    others = sorted({_home(each) for each in journal.ids(_VNETS)} - _read_whole(reading))
    for some in graph.batches(others, graph.FEW_ROWS_TOGETHER):
        query = graph.of_types("networkresources", (ADMIN_IN_FORCE,))
        reading.query(query, some, _unanswered(some, (ADMIN_IN_FORCE,)), keep=_on_vnets(reading))
    if _without_rules(reading):
        query = graph.of_types("networkresources", (ADMIN_RULES,))
        reading.query(
            query,
            None,
            lambda fault: [fault.gap(ADMIN_RULES, "", "security admin rules could not be looked for")],
        )


def _on_vnets(reading: Reading) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Return what picks the rows that stand below a VNet that was read."""
    vnets = set(reading.journal.ids(_VNETS))
    return lambda rows: [
        each for each in rows if key(each["id"]).partition("/providers/microsoft.network/effective")[0] in vnets
    ]


def _without_rules(reading: Reading) -> bool:
    """Tell whether a configuration is in force of which no rule was read."""
    rules = reading.journal.ids(ADMIN_RULES)
    for at in reading.journal.ids(ADMIN_IN_FORCE):
        try:
            applied = read_applied(reading.journal.document(at))
        except ValueError:
            continue  # the estate tells of it
        if any(not any(each.startswith(f"{name}/") for each in rules) for name, _ in applied.configurations):
            return True
    return False


def _check_rights(reading: Reading, asked: Asked, scope: Scope) -> None:
    """List the firewalls and environments of each subscription with an environment where they are kept.

    Of one without that was named, list the environments: that it has none shall be no lack of rights.

    Resource Graph leaves out without a word what an identity may not read (Q7), and lags behind (Q10): these lists are
    refused where the identity may read only parts of the subscription, be it of its networks or of the rest, and hold
    what came a moment ago. Where one workload is asked for, other environments are left away.
    """
    every = {f"/subscriptions/{each}" for each in scope.asked}
    homes = {subscription_path(each) for each in reading.journal.ids(ENVIRONMENTS)} & every
    named = every.intersection(scope.ids) - homes - {key(each.scope) for each in reading.journal.gaps}
    kinds: Iterable[str] = ("*",) if asked.subscriptions or asked.management_groups else APPS

    def gap(path: str, fault: RefusedError) -> Gap:
        subscription = subscription_path(path)
        what = next(iter(kinds)) if subscription in homes else ENVIRONMENTS
        told = f"only parts of subscription {subscription.rpartition('/')[2]} may be readable: {fault.why}"
        return Gap(what=what, scope=subscription, why=told, needs=fault.needs("*/read on the subscription"))

    def new(path: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if asked.workload and path.endswith(ENVIRONMENTS):
            return []
        return [each for each in items if key(str(each.get("id"))) not in reading.journal]

    paths = [f"{each}/providers/{kind}" for each in sorted(homes) for kind in (_FIREWALLS, ENVIRONMENTS)]
    paths += [f"{each}/providers/{ENVIRONMENTS}" for each in sorted(named)]
    reading.lists(paths, gap, new)
