"""What every HTML page of ours has in common: its template engine, its look, its policy, and data for its script.

A page names the style and the script it allows by their fingerprints, so that nothing else in it can run, whatever the
names of resources hold. It needs no other file: style, script and data stand in it.
"""

from base64 import b64encode
from collections.abc import Hashable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from auditor.findings import PackUse
from auditor.reporters.text import count, plain, resource_label
from auditor.shipped import shipped

_SHARED = ("html/frame.html.j2", "html/look.css", "html/look.js")
_HARMFUL = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Once:
    """Values in a list, each once; told by their place in it."""

    def __init__(self) -> None:
        self.rows: list[Hashable] = []
        self._places: dict[Hashable, int] = {}

    def add(self, value: Hashable) -> int:
        """Return the place of a value, which is added if it is new."""
        place = self._places.get(value)
        if place is None:
            place = self._places[value] = len(self.rows)
            self.rows.append(value)
        return place


class Pages:
    """Makes pages of one kind. files: templates, style and script beside the shared ones, as lie in `reports`.

    Templates are named without their folder. style, script: names of those files; "" for the shared ones alone.
    """

    def __init__(self, *files: str, style: str, script: str) -> None:
        texts = {each.rpartition("/")[2]: _file(each) for each in (*_SHARED, *files)}
        self._style = texts["look.css"] + texts.get(style, "")
        self._script = texts["look.js"] + texts.get(script, "")
        self._environment = Environment(
            loader=DictLoader(texts),
            autoescape=True,
            finalize=harmless,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )
        self._environment.filters |= {"number": "{:,}".format, "count": count, "label": resource_label}

    def add_filters(self, **filters: Any) -> None:  # noqa: ANN401 - functions of whatever a template shows
        """Add what the templates of this kind call by name."""
        self._environment.filters |= filters

    def page(self, template: str, *, tool_version: str, data: str, **shown: Any) -> str:  # noqa: ANN401 - see above
        """Return a page. data: JSON for its script, as `script_data` returns it. shown: what the template names."""
        text = self._environment.get_template(template).render(
            shown,
            tool_version=tool_version,
            style=Markup(self._style),  # noqa: S704 - our own file
            script=Markup(self._script),  # noqa: S704 - our own file
            data=Markup(data),  # noqa: S704 - escaped by script_data
            policy=Markup(_policy(self._style, self._script)),  # noqa: S704 - fingerprints
        )
        return text.encode("utf-8", "backslashreplace").decode()


def script_data(table: Mapping[str, Any]) -> str:
    """Return a table as JSON that may stand in a script element, whatever text is in it."""
    text = msgspec.json.encode(table).decode()
    for harmful, escaped in _HARMFUL.items():
        text = text.replace(harmful, escaped)
    return text


def harmless(value: Any) -> Any:  # noqa: ANN401 - whatever a template shows
    """Return a value as the template may show it: text without characters that act on what stands around it."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def lines(texts: Sequence[str]) -> Markup:
    """Return texts as the lines of one element: an element for each of thousands would be slow to open."""
    return Markup("\n").join(map(harmless, texts))


def pack_name(pack: PackUse) -> str:
    """Return an edition of a pack as pages call it: "ase-v2 2018-09-24 (public)"."""
    label = pack.edition if pack.revision is None else f"{pack.edition}.{pack.revision}"
    return f"{pack.pack} {label} ({pack.cloud})"


def _file(name: str) -> str:
    return (shipped("reports") / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _policy(style: str, script: str) -> str:
    """Return the content security policy that allows this style and this script, and nothing else."""
    hashes = [b64encode(sha256(each.encode()).digest()).decode() for each in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
