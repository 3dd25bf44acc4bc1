"""Words for incidents: a state that went wrong for somebody, what must be said of it, and the state that cured it.

An incident is seen either by an audit of the environment or by one flow. Both start from estates of our own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.engine.audit import Audited, audit
from auditor.engine.replies import Exchange
from auditor.estate.addresses import address_set
from auditor.estate.estate import build_estate
from auditor.findings import Level
from auditor.packs import Kind, Pack, Requirement
from auditor.settings import Applications, ClientRange, Dependency, Settings
from auditor.traces import Path, Verdict
from tests.audits import PLAIN, audit_documents, every_check, snapshot_of
from tests.engine.defects import NEW, Put
from tests.estates import Draft


@dataclass(frozen=True, kw_only=True)
class Named:
    """A finding that must be there.

    resource: name of what to change. words: texts that message or evidence must hold, such as the route that decides.
    """

    check: str
    resource: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Incident:
    """An incident that the audit of an environment shows.

    number: as in "I-01", with a word behind it where one incident has several states. broken, fixed: what each state
    changes of the compliant estate. causes: every finding of the broken state; the fixed one has none.
    settings: what the user declares; declared: what in the fixed state, where that differs. pack: in place of the
    edition.
    """

    number: str
    broken: Put
    fixed: Put
    causes: tuple[Named, ...]
    edition: str = NEW
    settings: Settings = PLAIN
    declared: Settings | None = None
    pack: Pack | None = None

    def before(self) -> Audited:
        """Return the audit of the broken state."""
        return self._audit(self.broken, self.settings)

    def after(self) -> Audited:
        """Return the audit of the fixed state."""
        return self._audit(self.fixed, self.declared or self.settings)

    def _audit(self, put: Put, settings: Settings) -> Audited:
        draft = Draft()
        put(draft)
        if self.pack is None:
            return audit_documents(draft.documents, edition=self.edition, settings=settings, tags=draft.tags)
        estate = build_estate(snapshot_of(draft.documents, tags=draft.tags))
        return audit(estate, {"public": (self.pack,)}, settings, every_check())


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What must become of a flow. words: in the reason, or in the place and rule that decide it."""

    verdict: Verdict
    path: Path
    code: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FlowIncident:
    """An incident that one flow shows: in the broken state and in the fixed one."""

    number: str
    broken: Callable[[], Exchange]
    before: Seen
    fixed: Callable[[], Exchange]
    after: Seen


def nothing(_: Draft) -> None:
    """Leave the compliant estate as it is."""


def several(*puts: Put) -> Put:
    """Make several changes, one after the other."""

    def put(draft: Draft) -> None:
        for each in puts:
            each(draft)

    return put


def listed(**prefixes: str) -> Put:
    """Add tags to the list of service tags. Write the dot of a tag as two underscores."""
    added = [
        {"name": name.replace("__", "."), "properties": {"addressPrefixes": [each]}} for name, each in prefixes.items()
    ]
    return lambda draft: draft.tags[0]["values"].extend(added)


def depending_on(*names: str) -> Settings:
    """Declare names that the applications must reach on 443."""
    found = tuple(Dependency(text=f"{each}:443", name=each, addresses=None, port=443, protocol="tcp") for each in names)
    return Settings(applications=(Applications(workload="*", dependencies=found, client_ranges=()),))


def resolving_at(address: str) -> Settings:
    """Declare that the applications resolve names at an address: UDP, and TCP for long answers."""
    found = tuple(
        Dependency(text=f"{address}:53/{each}", name="", addresses=address_set(address), port=53, protocol=each)
        for each in ("udp", "tcp")
    )
    return Settings(applications=(Applications(workload="*", dependencies=found, client_ranges=()),))


def clients_in(text: str) -> Settings:
    """Declare where the clients of the applications are."""
    ranges = (ClientRange(text=text, addresses=address_set(text)),)
    return Settings(applications=(Applications(workload="*", dependencies=(), client_ranges=ranges),))


def pack_of(kind: Kind, target: str, port: int) -> Pack:
    """Return a requirement document that asks for one thing."""
    wanted = Requirement(
        id=f"incident@2021-04-01/{kind}:{target.lower()}:{port}",
        kind=kind,
        target=target,
        ports=(port,),
        protocol="tcp",
        section="incident",
    )
    return Pack(
        service="incident",
        edition="2021-04-01",
        revision=None,
        cloud="public",
        title="What support asked for",
        url="https://github.com/MicrosoftDocs/azure-docs/issues/73317",
        text_url="",
        confidence="verbatim",
        read="2021-04-01",
        notes=(),
        requirements=(wanted,),
        digest="sha256:0",
    )


def assert_named(audited: Audited, named: Named) -> None:
    """Assert that one finding is of the check, at what must change, and names in all its words what decides."""
    told = [(each, "\n".join((each.message, *each.evidence))) for each in audited.findings]
    found = [
        each
        for each, text in told
        if each.check == named.check and each.resource.rpartition("/")[2].lower() == named.resource
        if all(word in text for word in named.words)
    ]

    assert len(found) == 1, (named, told)
    assert found[0].level is Level.ERROR


def assert_seen(exchange: Exchange, seen: Seen) -> None:
    """Assert what became of a flow, and where and by which rule."""
    trace = exchange.trace
    told = "\n".join(f"{each.decided_by} {each.why}" for each in trace.hops)
    codes = [each.code for each in trace.hops]

    assert (trace.verdict, trace.path) == (seen.verdict, seen.path), trace
    assert seen.code in codes, trace
    assert [each for each in seen.words if each not in told] == [], told
