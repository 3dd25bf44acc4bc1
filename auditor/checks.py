"""Checks: the named kinds of defect. rules/checks.yaml holds them; this turns its text into values."""

from dataclasses import dataclass
from types import MappingProxyType

from auditor.errors import PackError
from auditor.findings import Level
from auditor.yamltext import Fields, load_yaml

SCHEMA = "checks/1"
_FIELDS = ("title", "means", "why", "fix", "level", "sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A named kind of defect: what SARIF calls a rule.

    id: a phrase that is never reused, such as "missing-fqdn". title: what is wrong, in a few words.
    means, why, fix: sentences for the engineer who gets the finding. level: the default one.
    sources: URLs of the documents behind it.
    """

    id: str
    title: str
    means: str
    why: str
    fix: str
    level: Level
    sources: tuple[str, ...]


def parse_checks(text: bytes | str, name: str) -> MappingProxyType[str, Check]:
    """Return the checks written in `text`, by id, in its order.

    name: the file's path, for messages. Raises PackError naming the file, the check and what to write instead.
    """
    top = Fields.of(load_yaml(text, name, PackError), name, PackError, ("schema", "checks"))
    top.text("schema", one_of=(SCHEMA,))
    checks = top.section("checks")
    return MappingProxyType({ident: _check(ident, checks.section(ident, _FIELDS)) for ident in checks.values})


def _check(ident: str, fields: Fields) -> Check:
    return Check(
        id=ident,
        title=fields.text("title"),
        means=fields.text("means").strip(),
        why=fields.text("why").strip(),
        fix=fields.text("fix").strip(),
        level=Level(fields.text("level", one_of=tuple(Level))),
        sources=fields.texts("sources"),
    )
