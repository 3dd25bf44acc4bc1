"""The lock files: complete, hashed, in step with pyproject.toml, and free of the machine that wrote them."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = {"runtime.lock": (), "service.lock": (), "dev.lock": ("dev",), "build.lock": ("build",)}
"""The lock files, each with the groups of tools in it; what users need is in all but that of the build."""
EXTRAS = ("service.lock", "dev.lock")
"""The lock files that hold what every extra needs."""
AGAIN = "run `make lock` and commit requirements/"


def read(name: str) -> str:
    """Return the text of a lock file."""
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    """Return the locked version of every distribution of a lock file."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", read(name), re.MULTILINE))


def declared(name: str) -> list[Requirement]:
    """Return the requirements pyproject.toml states for a lock file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    stated = [] if name == "build.lock" else project["project"]["dependencies"]
    stated += [text for group in LOCKS[name] for text in project["dependency-groups"][group]]
    if name in EXTRAS:
        stated += [text for texts in project["project"]["optional-dependencies"].values() for text in texts]
    return [each for text in stated if (each := Requirement(text)).name != project["project"]["name"]]


@pytest.mark.parametrize("name", LOCKS)
def test_every_stated_dependency_is_locked_to_a_version_it_allows(name: str) -> None:
    """pyproject.toml and the lock files are in step."""
    locked = pins(name)
    out_of_step = [
        str(one) for one in declared(name) if locked.get(canonicalize_name(one.name), "nothing") not in one.specifier
    ]

    assert out_of_step == [], AGAIN


def test_tools_are_tested_with_what_users_get() -> None:
    """dev.lock pins every runtime distribution to the version of runtime.lock."""
    assert pins("runtime.lock").items() <= pins("dev.lock").items(), AGAIN


def test_extras_are_tested_with_what_users_get() -> None:
    """The lock of all extras has the versions of runtime.lock, and dev.lock has its own."""
    assert pins("runtime.lock").items() <= pins("service.lock").items() <= pins("dev.lock").items(), AGAIN


def test_the_image_is_built_with_what_is_tested() -> None:
    """build.lock pins what the wheel is built with to the versions of dev.lock."""
    assert pins("build.lock").items() <= pins("dev.lock").items(), AGAIN


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name: str) -> None:
    """Every entry is one `pip --require-hashes` accepts: an exact version with at least one hash."""
    entries = re.sub(r" \\\n +", " ", re.sub(r"^#.*\n", "", read(name), flags=re.MULTILINE)).splitlines()
    pattern = re.compile(r"[a-z0-9._-]+==\S+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+")

    assert [entry for entry in entries if not pattern.fullmatch(entry)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_of_the_machine_that_locked_remains(name: str) -> None:
    """No index, no link and no path stands in a lock file."""
    assert re.findall(r".*(?:://|--index|--extra-index|--find-links|--trusted-host).*", read(name)) == []
