"""The direction of imports, the purity of the core and the size of its parts, read from the source with `ast`.

cli -> collectors | engine | reporters | history | sending -> estate | packs | findings and the other words -> errors

`auditor.shipped` reads files that ship with the product: it lies beside estate and packs, but nothing pure may use it.
A new module or folder directly under auditor/ must be given its place in LAYERS.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent

LAYERS = (
    frozenset({"__main__"}),
    frozenset({"cli"}),
    frozenset({"collectors", "engine", "reporters", "history", "sending"}),
    frozenset(
        {
            *(
                "estate",
                "packs",
                "packfile",
                "packrows",
                "packdiff",
                "yamltext",
                "checks",
                "guides",
                "findings",
                "drifts",
                "measures",
                "histories",
                "sketches",
                "traces",
            ),
            *("settings", "configfile", "configtext", "waiverfile", "waivers", "waiverwriting"),
            *("nearest", "shipped"),
        }
    ),
    frozenset({"errors", "auditor"}),  # "auditor" is the package itself, with its version
)
WORDS = LAYERS[3]  # may import each other; in the layer above, nobody imports a sibling
PURE = frozenset({"engine", "errors"}) | WORDS - {"shipped"}

FORBIDDEN = {
    "clock and chance": frozenset({"time", "random", "secrets"}),
    "network and processes": frozenset({"socket", "ssl", "http", "urllib.request", "subprocess", "asyncio"}),
    "log": frozenset({"logging", "warnings"}),
    "files": frozenset({"os", "shutil", "tempfile", "glob"}),
}
FORBIDDEN_IN_PURE = {
    **FORBIDDEN,
    "files": FORBIDDEN["files"] | {"io", "pathlib", "gzip", "zipfile", "fileinput", "importlib", "auditor.shipped"},
    "network and processes": FORBIDDEN["network and processes"] | {"urllib"},
}
FORBIDDEN_CALLS = frozenset({"open", "print", "input", "__import__", "eval", "exec"})
FORBIDDEN_METHODS = frozenset(
    {"now", "today", "utcnow", "open", "read_text", "read_bytes", "write_text", "write_bytes"}
)

LIVE = frozenset({"auditor.collectors.live"})
"""The one place that imports azure.*, and is itself imported only when a live command runs."""

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module; `deferred` when it happens inside a function."""

    name: str
    line: int
    deferred: bool


def module_name(path: Path) -> str:
    """Return the dotted name of a source file: auditor/engine/__init__.py is "auditor.engine"."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources() -> dict[str, str]:
    """Return the text of every module of the package, by dotted name, in order."""
    paths = sorted((ROOT / "auditor").rglob("*.py"))
    return {module_name(path): path.read_text(encoding="utf-8") for path in paths}


def group(module: str) -> str:
    """Return the folder or file under auditor/ a module belongs to; "auditor" for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def walk(node: ast.AST, *, deferred: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Yield every node below `node`, and whether it lies inside a function, or where only type checkers look."""
    for child in ast.iter_child_nodes(node):
        yield child, deferred
        inside = deferred or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        inside = inside or (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING")
        yield from walk(child, deferred=inside)


def imports(source: str, modules: frozenset[str] = frozenset()) -> tuple[Import, ...]:
    """Return what a source text imports; `from a import b` is "a.b" where that is one of `modules` or a group."""
    found: list[Import] = []
    for node, deferred in walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(name=alias.name, line=node.lineno, deferred=deferred) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                base = "." * node.level + (node.module or "")
                whole = f"{base}.{alias.name}"
                part = whole in modules or (base == "auditor" and alias.name in frozenset().union(*LAYERS))
                found.append(Import(name=whole if part else base, line=node.lineno, deferred=deferred))
    return tuple(found)


def is_or_within(name: str, packages: frozenset[str]) -> bool:
    """Tell whether a module is one of the packages or lies in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def layer(name: str) -> int | None:
    """Return the number of the layer of a group, counted from the top; None if it has none yet."""
    return next((number for number, names in enumerate(LAYERS) if name in names), None)


def direction_breach(importer: str, imported: str) -> str:
    """Return why group `importer` may not import group `imported`; "" if it may."""
    above, below = layer(importer), layer(imported)
    if above is None or below is None:
        return f"{importer if above is None else imported} has no place in LAYERS of tests/test_layers.py"
    if importer == imported or above < below or {importer, imported} <= WORDS:
        return ""
    return f"{importer} may not import {imported}"


def import_breaches(module: str, source: str) -> Iterator[str]:
    """Yield one line for every import of the source text that its place forbids."""
    own = group(module)
    forbidden = FORBIDDEN_IN_PURE if own in PURE else FORBIDDEN if own == "reporters" else {}
    for one in imports(source):
        at = f"{module}:{one.line}: imports {one.name}"
        if one.name.startswith("."):
            yield f"{at}: write the module's full name"
        if is_or_within(one.name, frozenset({"auditor"})) and (why := direction_breach(own, group(one.name))):
            yield f"{at}: {why}"
        is_live = is_or_within(module, LIVE)
        if is_or_within(one.name, frozenset({"azure"})) and not is_live:
            yield f"{at}: only the live collector"
        if is_or_within(one.name, LIVE) and not (is_live or one.deferred):
            yield f"{at}: only inside functions, since it loads azure.*"
        for what, names in forbidden.items():
            if is_or_within(one.name, names):
                yield f"{at}: {own} is pure, no {what}"


def call_breaches(module: str, source: str) -> Iterator[str]:
    """Yield one line for every call in a pure module that reads the clock, reads a file or prints."""
    if group(module) not in PURE:
        return
    for node, _ in walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            yield f"{module}:{node.lineno}: calls {node.func.id}()"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_METHODS:
            yield f"{module}:{node.lineno}: calls .{node.func.attr}()"


def size_breaches(module: str, source: str) -> Iterator[str]:
    """Yield one line for a file, and for every function in it, that has grown too long to read."""
    if (lines := len(source.splitlines())) > MOST_LINES_OF_A_FILE:
        yield f"{module}: {lines} lines; split it before {MOST_LINES_OF_A_FILE}"
    for node, _ in walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield f"{module}:{node.lineno}: {node.name}() has {lines} lines, more than {MOST_LINES_OF_A_FUNCTION}"


def circle(texts: dict[str, str]) -> tuple[str, ...]:
    """Return one circle of modules that import each other when they are loaded; empty if there is none."""
    modules = frozenset(texts)
    graph = {
        module: {one.name for one in imports(source, modules) if not one.deferred and one.name in modules} - {module}
        for module, source in texts.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()


def test_imports_go_one_way() -> None:
    """Layers import downwards only, siblings never each other, azure.* late and in collectors, pure code no I/O."""
    breaches = [breach for module, source in sources().items() for breach in import_breaches(module, source)]

    assert breaches == []


def test_pure_modules_ask_neither_clock_nor_files() -> None:
    """Pure modules call nothing that reads the clock, opens a file or prints."""
    breaches = [breach for module, source in sources().items() for breach in call_breaches(module, source)]

    assert breaches == []


def test_no_module_imports_itself_through_others() -> None:
    """There is no circle of imports: every module can be read, and loaded, after the ones it names."""
    assert circle(sources()) == ()


def test_files_and_functions_stay_readable() -> None:
    """No file of the package exceeds 400 lines and no function 60."""
    breaches = [breach for module, source in sources().items() for breach in size_breaches(module, source)]

    assert breaches == []


def test_checker_sees_the_package() -> None:
    """The other tests look at real modules: one in every layer below the command line is among them."""
    assert {"auditor", "auditor.errors", "auditor.findings", "auditor.estate", "auditor.engine"} <= set(sources())


def test_checker_catches_every_wrong_import() -> None:
    """Each kind of forbidden import is reported with its line, and nothing else of the text is."""
    wrong = (
        ("auditor.engine.nsg", "from auditor.collectors.files import read"),
        ("auditor.engine.nsg", "from auditor import reporters"),
        ("auditor.reporters.json", "import auditor.engine"),
        ("auditor.collectors.files", "from auditor.cli.main import main"),
        ("auditor.estate.model", "from auditor.engine.nsg import decide"),
        ("auditor.errors", "from auditor.findings import Gap"),
        ("auditor.findings", "from . import traces"),
        ("auditor.novelty", "from auditor.errors import AuditorError"),
        ("auditor.cli.main", "from auditor.novelty import shine"),
        ("auditor.collectors.files", "from azure.identity import DefaultAzureCredential"),
        ("auditor.cli.audit", "from auditor.collectors.live.session import Session"),
        ("auditor.engine.nsg", "def f() -> None:\n    import azure.core"),
        ("auditor.packs", "from pathlib import Path"),
        ("auditor.checks", "from auditor.shipped import shipped"),
        ("auditor.estate.model", "import os.path"),
        ("auditor.engine.nsg", "def f() -> None:\n    from time import monotonic"),
        ("auditor.settings", "if True:\n    import logging"),
        ("auditor.reporters.console", "import os, sys"),
    )

    assert [len(list(import_breaches(module, text))) for module, text in wrong] == [1] * len(wrong)


def test_checker_lets_right_imports_pass() -> None:
    """Imports that follow the direction, and libraries without I/O, are no breach."""
    right = (
        ("auditor.cli.main", "import os, time\nfrom auditor import __version__\nfrom auditor.engine import audit"),
        ("auditor.__main__", "from auditor.cli.main import main"),
        ("auditor.collectors.live.session", "from azure.identity import DefaultAzureCredential"),
        ("auditor.cli.live", "def read() -> None:\n    from auditor.collectors.live.session import Session"),
        ("auditor.cli.live", "if TYPE_CHECKING:\n    from auditor.collectors.live.session import Session"),
        ("auditor.collectors.rules", "from pathlib import Path\nfrom auditor.shipped import shipped"),
        ("auditor.engine.nsg", "from datetime import date\nfrom auditor.engine.trace import follow"),
        (
            "auditor.estate.model",
            "import json\nfrom auditor.findings import Gap\nfrom auditor.errors import SourceError",
        ),
        ("auditor.findings", "from auditor.traces import Path"),
        ("auditor.reporters.console", "import io\nfrom auditor.shipped import shipped"),
    )

    assert [breach for module, text in right for breach in import_breaches(module, text)] == []


def test_checker_catches_clock_and_file_calls_in_pure_modules_only() -> None:
    """A datetime is welcome as a type; asking for the time, opening or printing is not, except outside the core."""
    text = "from datetime import datetime\nwhen: datetime = datetime.now()\nopen('x')\npath.read_text()\nprint(when)\n"

    assert list(call_breaches("auditor.engine.audit", text)) == [
        "auditor.engine.audit:2: calls .now()",
        "auditor.engine.audit:3: calls open()",
        "auditor.engine.audit:4: calls .read_text()",
        "auditor.engine.audit:5: calls print()",
    ]
    assert list(call_breaches("auditor.cli.audit", text)) == []


def test_checker_catches_circles() -> None:
    """Two modules that need each other at load time are a circle; a deferred import breaks it."""
    text = {"auditor.a": "from auditor import b", "auditor.b": "import auditor.a"}

    assert set(pairwise(circle({**text, "auditor": ""}))) == {("auditor.a", "auditor.b"), ("auditor.b", "auditor.a")}
    assert circle({"auditor.a": text["auditor.a"], "auditor.b": "def f() -> None:\n    import auditor.a"}) == ()


def test_checker_catches_length() -> None:
    """A line or two over the limit is reported; the limit itself is fine."""
    function = "def f() -> None:\n" + "    x = 1\n" * (MOST_LINES_OF_A_FUNCTION - 1)

    assert list(size_breaches("auditor.a", function)) == []
    assert list(size_breaches("auditor.a", function + "    x = 2\n")) == [
        "auditor.a:1: f() has 61 lines, more than 60",
    ]
    assert list(size_breaches("auditor.a", "x = 1\n" * 401)) == ["auditor.a: 401 lines; split it before 400"]
