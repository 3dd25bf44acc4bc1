"""Makes docs/checks.md and a page for each check, from rules/checks.yaml and rules/check-guides.yaml."""

import re
from collections.abc import Mapping

from auditor.checks import Check
from auditor.collectors.rules import read_checks, read_guides
from auditor.guides import Guide, Way

_MADE = "<!-- Made from rules/checks.yaml and rules/check-guides.yaml by `make golden`; change those, not this. -->"
_INDEX = f"""\
# Checks

{_MADE}

Every finding is filed under one of these. Each has a page with examples and with the fix for the portal, the Azure CLI,
Bicep and Terraform. `auditor explain CHECK` says on the console what a check means, why it matters and how to fix it,
and with `--fix az` (or `bicep`, `terraform`, `portal`) it prints that fix alone. To give a check another level, set
`levels` in `auditor.yaml`.

| check | level | title |
|---|---|---|
"""
_HEADINGS = {
    Way.PORTAL: "In the portal",
    Way.AZ: "With the Azure CLI",
    Way.BICEP: "With Bicep",
    Way.TERRAFORM: "With Terraform",
}
_LANGUAGES = {Way.AZ: "sh", Way.BICEP: "bicep", Way.TERRAFORM: "hcl"}
_LAID = (
    "Each example changes the estate in [rules/examples/compliant](../../rules/examples/compliant), which has no"
    " finding: below the name of a resource stands what is different there, as `az` prints it. Where a mapping stands"
    " for a list, it changes or adds entries by their names, and all others stay; `null` takes away; `{id: name}`"
    " refers to a resource by its name."
)
_NAMES = "Names and addresses below fit the example that passes; put yours in their place."
_EXTENSION = (
    "`az network firewall` comes with the extension azure-firewall, which the Azure CLI installs on its first use."
)
_PROVIDER = "For the provider azurerm 4. What is named and not declared here stands for what your code has already."


def check_pages() -> Mapping[str, str]:
    """Return every page by its path below docs/: the index and one for each check."""
    checks, guides = read_checks(), read_guides()
    pages = {f"checks/{each.id}.md": _page(each, guides[each.id]) for each in checks.values()}
    return {"checks.md": _index(tuple(checks.values())), **pages}


def _index(checks: tuple[Check, ...]) -> str:
    rows = "".join(f"| [{each.id}](#{each.id}) | {each.level} | {each.title} |\n" for each in checks)
    return _INDEX + rows + "".join(_section(each) for each in checks)


def _section(check: Check) -> str:
    return (
        f"\n## {check.id}\n\n**{check.title}** ({check.level})\n\n{_escaped(check.means)}\n\n"
        f"[Why it matters, examples and fixes](checks/{check.id}.md)\n"
    )


def _page(check: Check, guide: Guide) -> str:
    sources = "".join(f"- <{each}>\n" for each in check.sources)
    parts = (
        f"# {check.id}\n\n{_MADE}\n\n**{check.title}** ({check.level}; [all checks](../checks.md))\n\n",
        f"## What it means\n\n{_escaped(check.means)}\n\n",
        f"## Why it matters\n\n{_escaped(check.why)}\n\n",
        f"## An example that fails\n\n{_LAID}\n\n{_block('yaml', guide.fails)}\n",
        f"## An example that passes\n\n{_block('yaml', guide.passes)}\n",
        f"## How to fix it\n\n{_escaped(check.fix)}\n\n{_fixes(guide)}",
        f"## Sources\n\n{sources}",
    )
    return "".join(parts)


def _fixes(guide: Guide) -> str:
    instead = f"{guide.instead}\n\n" if guide.instead else ""
    names = f"{_NAMES}\n\n" if guide.fixes else ""
    return instead + names + "".join(_way(way, text) for way, text in guide.fixes.items())


def _way(way: Way, text: str) -> str:
    heading = f"### {_HEADINGS[way]}\n\n"
    if way is Way.PORTAL:
        return f"{heading}{_escaped(text)}\n\n"
    if way is Way.TERRAFORM:
        heading += f"{_PROVIDER}\n\n"
    if way is Way.AZ and "az network firewall " in text:
        heading += f"{_EXTENSION}\n\n"
    return f"{heading}{_block(_LANGUAGES[way], text)}\n"


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n"


def _escaped(text: str) -> str:
    """Return prose with what Markdown would take for a mark escaped."""
    return re.sub(r"([*<])", r"\\\1", text)
