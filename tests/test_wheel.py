"""The wheel: what a user installs is what lies in the checkout, and it runs without the checkout."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from auditor import __version__

ROOT = Path(__file__).parent.parent
INFO = f"azure_egress_auditor-{__version__}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel the way `make wheel` does, with no index to ask."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*build, "--wheel-dir", str(folder), str(ROOT)],
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel into a folder that knows nothing of the checkout."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(unpacked: Path) -> Message:
    """Read the metadata that package indexes show."""
    return Parser().parsestr((unpacked / INFO / "METADATA").read_text(encoding="utf-8"))


def shipped_files(folder: str) -> set[str]:
    """Return every file below a folder of the checkout that must ship, relative to the checkout."""
    files = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


def run(unpacked: Path, elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in another folder, with the unpacked wheel before anything that is installed."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_wheel_holds_the_package_and_its_data_and_nothing_else(wheel: Path) -> None:
    """Every file of auditor/, rules/ and reports/ ships, the data inside the package; no test and no tool does."""
    with zipfile.ZipFile(wheel) as archive:
        listing = {name for name in archive.namelist() if not name.startswith(INFO)}
    data = {f"auditor/{name}" for folder in ("rules", "reports") for name in shipped_files(folder)}

    assert listing == shipped_files("auditor") | data


def test_its_types_can_be_checked(wheel: Path) -> None:
    """It says that it is typed, and has what makes a type checker believe it (PEP 561)."""
    with zipfile.ZipFile(wheel) as archive:
        assert "auditor/py.typed" in archive.namelist()


def test_wheel_fits_every_system(wheel: Path) -> None:
    """The wheel is pure Python, and named as users ask for it."""
    assert wheel.name == f"azure_egress_auditor-{__version__}-py3-none-any.whl"


def test_licence_ships(unpacked: Path, metadata: Message) -> None:
    """The licence is named in the metadata, and its text is in the wheel."""
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert (unpacked / INFO / "licenses" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def needed_by(extras: dict[str, list[str]], name: str) -> set[str]:
    """Return what an extra needs, with what the extras need that it names."""
    found = set()
    for text in extras[name]:
        named = re.fullmatch(r"azure-egress-auditor\[(.+)\]", text)
        found |= {each for one in named[1].split(",") for each in needed_by(extras, one)} if named else {text}
    return found


def test_metadata_says_what_pyproject_says(metadata: Message) -> None:
    """Name, version, Python, dependencies, those of extras and the README reach the index; the tools do not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert metadata["Name"] == "azure-egress-auditor"
    assert metadata["Version"] == __version__
    assert metadata["Requires-Python"] == ">=3.11"
    extras = project["optional-dependencies"]
    stated = {f"{text}; extra == '{name}'" for name in extras for text in needed_by(extras, name)}
    assert {each.lower() for each in metadata.get_all("Requires-Dist", [])} == {
        each.lower() for each in (*project["dependencies"], *stated)
    }
    assert set(metadata.get_all("Provides-Extra", [])) == set(extras)
    assert metadata.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")


def test_command_is_installed(unpacked: Path) -> None:
    """Installing gives the command `auditor`."""
    entries = (unpacked / INFO / "entry_points.txt").read_text(encoding="utf-8")

    assert entries.split() == ["[console_scripts]", "auditor", "=", "auditor.cli.main:main"]


def test_data_is_found_inside_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    """An installed auditor reads the packs and schemas it brought along, not those of a checkout."""
    code = "from auditor.shipped import shipped; print(shipped('rules'), shipped('reports'), sep='\\n')"
    done = run(unpacked, tmp_path, "-c", code)

    assert done.stdout.splitlines() == [str(unpacked / "auditor" / name) for name in ("rules", "reports")], done.stderr


def test_wheel_runs_from_elsewhere(unpacked: Path, tmp_path: Path) -> None:
    """`python -m auditor --version` works from the wheel alone, in a folder that is not the checkout."""
    done = run(unpacked, tmp_path, "-m", "auditor", "--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert __version__ in done.stdout


def test_the_wheel_keeps_a_history(unpacked: Path, tmp_path: Path) -> None:
    """What makes and migrates the schema of a history came along."""
    code = "from auditor.history import open_store; print(open_store('history.db').runs())"
    done = run(unpacked, tmp_path, "-c", code)

    assert (done.returncode, done.stdout, done.stderr) == (0, "()\n", "")
