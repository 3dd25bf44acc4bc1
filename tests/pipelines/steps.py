"""Running the scripts of pipelines as their platforms do: in bash, with the environment that the file gives them."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor.cli.formats import FORMATS
from tests.cli.program import CHECKOUT, save
from tests.estates import Draft

EXAMPLES = CHECKOUT / "rules" / "examples"
COMPLIANT, VIOLATING = str(EXAMPLES / "compliant"), str(EXAMPLES / "violating")
PARTIAL = str(EXAMPLES / "compliant" / "app-service-environments.json")
"""An environment without its network: an audit of it is incomplete."""
NOTHING = str(EXAMPLES / "compliant" / "service-tags.json")
"""No environment at all: nothing is audited."""


def leaky(folder: Path) -> str:
    """Write an estate that is known whole and has findings; return its file."""
    draft = Draft()
    draft.routes[:] = [each for each in draft.routes if each["properties"]["nextHopType"] == "Internet"]
    return save(folder, draft, "leaky.json")


HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned #",
    "' ; touch pwned ; '",
    '" ; touch pwned ; "',
    '"; touch pwned; echo "',
    "x\ntouch pwned\n",
    "x\nEND\ntouch pwned\n",
    "x\nEOF\ntouch pwned\n",
    "${IFS}$(touch${IFS}pwned)",
    "a[$(touch pwned)]",
    "--config=pwned",
    "-opwned",
    "--output=pwned",
    "*",
    "~",
    "\\",
    "%0A::error::pwned",
    "##vso[task.setvariable variable=pwned]pwned",
    "::set-output name=pwned::pwned",
)
"""What would act if a value became part of a script, of an option, or of a command in the log."""

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a script ended: its exit code and all it printed."""

    code: int
    log: str


def read(name: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return what a YAML file of the checkout holds."""
    return yaml.safe_load((CHECKOUT / name).read_text(encoding="utf-8"))


def filled(environment: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with its expressions replaced by their values; every one must have one."""
    return {name: _EXPRESSION.sub(lambda found: values[found[1]], str(text)) for name, text in environment.items()}


def run(script: str, folder: Path, environment: Mapping[str, str], *, shell: tuple[str, ...]) -> Ended:
    """Run a script in a folder, with nothing of our own environment but where programs are, and offline."""
    done = subprocess.run(
        [*shell, script],
        cwd=folder,
        env={**offline(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Ended(code=done.returncode, log=done.stdout.decode())


def offline() -> dict[str, str]:
    """Return the environment of every script: pip asks no index, and builds with what is here."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_BUILD_ISOLATION": "0",  # the odd spelling of pip for: switch the isolation off
    }


def repository(folder: Path) -> str:
    """Return what pip installs the auditor from, without a network: a commit of a bare Git repository in a folder."""
    source, bare = folder / "source", folder / "auditor.git"
    source.mkdir()
    for name in ("auditor", "rules", "reports", "requirements"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    _git(source, "init", "--quiet")
    _git(source, "add", "--all")
    _git(source, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=All")
    _git(source, "clone", "--quiet", "--bare", ".", str(bare))
    return f"git+file://{bare}@{_git(source, 'rev-parse', 'HEAD').strip()}"


def _git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, with no configuration but the repository's; return what it prints."""
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, env={**offline(), **nothing}, capture_output=True, check=True)
    return done.stdout.decode()


BARE_NAMES = ("azure-egress-auditor", "azure-egress-auditor==0.1.0", "azure-egress-auditor[all]", "")
"""What pip would look up on an index, where the auditor is not: whoever has that name there is somebody else."""


def python_of_the_platform(folder: Path) -> Path:
    """Return a `python` whose environments already hold our dependencies, so that pip finds them without an index."""
    program = folder / "python"
    (folder / "python3").symlink_to(program)
    packages = sysconfig.get_path("purelib")
    program.write_text(
        "#!/bin/bash -e\n"
        f'[[ "$*" == "-I -m venv --clear "* ]] || exec "{sys.executable}" "$@"\n'
        f'"{sys.executable}" -I -m venv --without-pip "${{@: -1}}"\n'
        f'site=$("${{@: -1}}/bin/python" -c \'import sysconfig; print(sysconfig.get_path("purelib"))\')\n'
        f"echo '{packages}' > \"$site/dependencies.pth\"\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


def stand_in(program: Path) -> Path:
    """Write a program that runs the auditor of this checkout."""
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}" exec "{sys.executable}" -P -m auditor "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    return program


def recorder(program: Path) -> Path:
    """Write a program that keeps its arguments in a file beside it, and finds nothing."""
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\nprintf '%s\\0' \"$@\" > '{program}.arguments'\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def recorded(program: Path) -> list[str]:
    """Return the arguments that a recorder was last started with."""
    return Path(f"{program}.arguments").read_bytes().decode().split("\0")[:-1]


def lines_of(value: str) -> list[str]:
    """Return the lines of a value that are not empty: each is to be one argument."""
    return [line for line in value.split("\n") if line]


def timeless(text: str) -> str:
    """Return a report without the minute and second it was made at."""
    return re.sub(r"\d\d:\d\dZ", "", text)


def left_alone(folder: Path) -> bool:
    """Whether nothing in a folder, or below it, came to be that a hostile value asks for."""
    return not [each for each in folder.rglob("*") if each.name == "pwned"]


def commands_in(log: str, sign: str) -> list[str]:
    """Return the lines of a log that a platform takes for commands."""
    return [line for line in log.splitlines() if line.lstrip().startswith(sign)]


def known_formats(text: str) -> bool:
    """Whether every report that a script asks for is in a format there is."""
    return all(each in FORMATS for each in re.findall(r"--(?:format=|report=)([a-z-]+)", text))
