"""The checks as SARIF knows them: one `reportingDescriptor` for each, with help as text and as Markdown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditor.checks import Check
from auditor.findings import Finding, Level
from auditor.reporters.summary import UNDETERMINED
from auditor.reporters.text import plain

LONGEST_NAME, LONGEST_TEXT = 255, 1024
"""Characters that GitHub allows to names and to short and full descriptions."""

_LEVELS = tuple(Level)
_SEVERITY = {Level.ERROR: "8.0", Level.WARNING: "5.0", Level.NOTE: "2.0"}
"""`security-severity`, of which GitHub makes high (7 and more), medium (4 and more) and low."""
_PROBLEM = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "recommendation"}
_TAGS = ("security", "azure", "network", "egress")

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@$=-])")


def clipped(text: str, length: int) -> str:
    """Return `text` in at most `length` characters, with "..." where something was cut off."""
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."


def message_text(text: str) -> str:
    """Return text as SARIF wants it in a message: braces are no placeholders, and brackets make no link."""
    return plain(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")


def rules_of(checks: Mapping[str, Check], findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return a rule for every check, in order, and after them one for each that only a finding knows.

    A rule is as severe as the worst finding under it; as the check is by itself where there is none.
    """
    worst: dict[str, Level] = {}
    for each in findings:
        worst[each.check] = min(worst.get(each.check, each.level), each.level, key=_LEVELS.index)
    known = [*checks.values(), *_unknown(checks, findings)]
    return [_rule(each, worst.get(each.id, each.level)) for each in known]


def _unknown(checks: Mapping[str, Check], findings: Iterable[Finding]) -> list[Check]:
    """Return checks of findings that come from another version, made of what the findings say."""
    first = {each.check: each for each in reversed(list(findings)) if each.check not in checks}
    return [
        Check(
            id=name,
            title=each.title or name,
            means=each.title or name,
            why="",
            fix=each.fix,
            level=each.level,
            sources=each.references,
        )
        for name, each in sorted(first.items())
    ]


def _rule(check: Check, level: Level) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": check.id,
        "name": clipped(f"Egress{''.join(map(str.capitalize, re.findall('[A-Za-z0-9]+', check.id)))}", LONGEST_NAME),
        "shortDescription": {"text": clipped(message_text(check.title), LONGEST_TEXT)},
        "fullDescription": {"text": clipped(message_text(check.means), LONGEST_TEXT)},
        "help": {"text": message_text(_help(check)), "markdown": _help_markdown(check)},
    }
    if check.sources and check.sources[0].startswith("https://"):
        rule["helpUri"] = check.sources[0]
    return rule | {
        "defaultConfiguration": {"level": str(level)},
        "properties": {
            "tags": list(_TAGS),
            "precision": "medium" if check.id == UNDETERMINED else "high",
            "problem.severity": _PROBLEM[level],
            "security-severity": _SEVERITY[level],
        },
    }


def _help(check: Check) -> str:
    """Return all that is known of a check; line breaks part what `message_text` makes one line of."""
    parts = (check.means, check.why and f"Why it matters: {check.why}", check.fix and f"How to fix it: {check.fix}")
    see = f"See: {', '.join(check.sources)}" if check.sources else ""
    return " ".join(each for each in (*parts, see) if each)


def _help_markdown(check: Check) -> str:
    """Return all that is known of a check as Markdown."""
    parts = [f"**{_marked(check.title)}**", _marked(check.means)]
    parts += [f"**Why it matters.** {_marked(check.why)}"] if check.why else []
    parts += [f"**How to fix it.** {_marked(check.fix)}"] if check.fix else []
    links = [f"- <{each}>" for each in check.sources if re.fullmatch(r"https://[^\s<>\\{}]+", each)]
    parts += ["**Documents**\n\n" + "\n".join(links)] if links else []
    return "\n\n".join(parts)


def _marked(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", plain(text)).replace("{", "{{").replace("}", "}}")
