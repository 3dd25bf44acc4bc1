"""The Dockerfile. No Docker engine runs where these tests run, so no image is built here.

Instead the file is read by a parser of others and held to what makes an image safe; the commands of its build stage are
those that other tests run (tests/test_wheel.py, .ci/run), and what the image promises of a read-only file system is
tried on the auditor itself.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest
from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]  # ships no types

from tests.cli.program import CHECKOUT
from tests.pipelines.steps import COMPLIANT

KNOWN = {"FROM", "RUN", "COPY", "ENV", "LABEL", "WORKDIR", "USER", "ENTRYPOINT", "CMD"}
"""The instructions that we need: no ADD, which fetches and unpacks, and no EXPOSE, VOLUME or ONBUILD."""


class Instruction(NamedTuple):
    """An instruction and what stands behind it."""

    name: str
    value: str


def stages() -> list[list[Instruction]]:
    """Return the instructions of every stage."""
    found: list[list[Instruction]] = []
    for each in DockerfileParser(str(CHECKOUT / "Dockerfile")).structure:
        if each["instruction"] == "COMMENT":
            continue
        if each["instruction"] == "FROM":
            found.append([])
        found[-1].append(Instruction(each["instruction"], each["value"]))
    return found


def values(stage: list[Instruction], name: str) -> list[str]:
    """Return what stands behind every instruction of a name."""
    return [each.value for each in stage if each.name == name]


def copied() -> list[str]:
    """Return every path of the checkout that is copied into a stage."""
    wanted = [value.split() for stage in stages() for value in values(stage, "COPY") if not value.startswith("--from=")]
    return [path for *paths, _ in wanted for path in paths]


def test_every_instruction_is_known() -> None:
    """Nothing stands there that Docker or we do not know."""
    assert {each.name for stage in stages() for each in stage} <= KNOWN


def test_bases_are_pinned_by_tag() -> None:
    """Both stages start from one tagged version of the official image, with a Python that we support."""
    bases = [value.split()[0] for stage in stages() for value in values(stage, "FROM")]

    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.1[1-9]-slim-[a-z]+", bases[0])


def test_it_runs_as_nobody_in_particular() -> None:
    """The last stage ends as a user by number, not root, so that a cluster can tell; and needs no shell to start."""
    final = stages()[-1]
    (user,) = values(final, "USER")
    later = [each.name for each in final[final.index(Instruction("USER", user)) :]]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert set(later) <= {"USER", "WORKDIR", "ENTRYPOINT", "CMD"}
    assert values(final, "ENTRYPOINT") == ['["auditor"]']


def test_what_is_copied_is_there_and_is_all_that_docker_is_sent() -> None:
    """Every COPY names something of the checkout, and .dockerignore lets through just that."""
    lines = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert [path for path in copied() if not (CHECKOUT / path).exists()] == []
    assert sorted(line[1:] for line in lines if line.startswith("!")) == sorted(copied())
    assert next(line for line in lines if not line.startswith(("#", "!"))) == "*"
    assert any(fnmatch("auditor/__pycache__", line) for line in lines)


def test_the_wheel_is_built_from_what_is_copied(tmp_path: Path) -> None:
    """Nothing that the build needs is left behind: its own command makes the whole wheel in a folder with just that."""
    for path in copied():
        target = tmp_path / "src" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (CHECKOUT / path).is_dir():
            shutil.copytree(CHECKOUT / path, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / path, target)
    (command,) = re.findall(r"python (-m pip wheel [^&]*)&&", " ".join(values(stages()[0], "RUN")))
    arguments = command.replace("/dist", str(tmp_path / "dist")).split()
    subprocess.run([sys.executable, *arguments, "--quiet"], cwd=tmp_path / "src", check=True)
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        held = {each for each in archive.namelist() if not each.partition("/")[0].endswith(".dist-info")}

    shipped = {each.relative_to(CHECKOUT).as_posix() for each in (CHECKOUT / "auditor").rglob("*.py")}
    assert {each for each in held if each.endswith(".py")} == shipped
    assert {"auditor/rules/checks.yaml", "auditor/reports/audit-report.schema.json"} <= held


def test_everything_installed_has_a_hash_or_was_built_here() -> None:
    """Nothing is taken from an index but what the lock files know by hash."""
    installs = [
        line
        for stage in stages()
        for value in values(stage, "RUN")
        for line in re.split(r"&&", value)
        if "pip " in line
    ]
    fetching = [each for each in installs if re.search(r"pip (install|wheel|download)", each)]

    assert len(fetching) == 4
    assert [each for each in fetching if "--no-deps" not in each] == []
    assert [each for each in fetching if ("--require-hashes" in each) is ("--no-index" in each)] == []
    assert not values(stages()[-1], "RUN")


def test_nothing_is_fetched_from_elsewhere() -> None:
    """No URL stands in any instruction."""
    assert [each for stage in stages() for each in stage if "://" in each.value] == []


WATCHED = """
import os, sys
written = []
def watch(event, given):
    is_stdout = event == "open" and given[0] == 1  # what is open already
    if event == "open" and given[0] != os.devnull and not is_stdout and (given[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        written.append(given[0])
    elif event in {"os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate", "os.chmod"}:
        written.append((event, given[0]))
sys.addaudithook(watch)
from auditor.cli.main import main
sys.argv = ["auditor", *sys.argv[1:]]
try:
    main()
finally:
    print(written, file=sys.stderr)
"""


@pytest.mark.parametrize("form", ["console", "json", "sarif", "html"])
def test_an_audit_of_files_writes_nothing(form: str) -> None:
    """On a read-only file system an audit of files works: it opens nothing for writing, not even a temporary file."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED, "audit", COMPLIANT, "--format", form],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert done.stdout
