"""Completion on the command line, by the scripts that the command itself gives, in real shells."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import CHECKOUT

NEEDED = pytest.mark.usefixtures("program")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a command `auditor` of this checkout where shells find it, and work in a folder with one saved estate."""
    file = tmp_path / "bin" / "auditor"
    file.parent.mkdir()
    file.write_text(f"#!{sys.executable}\nfrom auditor.cli.main import main\nmain()\n", encoding="utf-8")
    file.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    (work / "estate.json").write_text("[]", encoding="utf-8")
    monkeypatch.setenv("PATH", str(file.parent), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(work)
    return file


def shell(name: str, script: str) -> list[str]:
    """Run a script in a shell, without the files that it would read at its start; return the words it prints."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    quiet = {"bash": ("--noprofile", "--norc"), "zsh": ("-f",), "fish": ("--no-config",)}[name]
    done = subprocess.run([found, *quiet, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def in_bash(*words: str) -> list[str]:
    """Complete the last of some words in bash, with a stand-in for the builtin that needs a pressed key."""
    listed = " ".join(f"'{each}'" for each in words)
    return shell(
        "bash",
        'eval "$(_AUDITOR_COMPLETE=bash_source auditor)"\n'
        'read -r _ _ _ _ _ _ function _ <<< "$(complete -p auditor | sed "s/.*-F/x x x x x x/")"\n'
        "compopt() { [[ $2 != default ]] || COMPREPLY+=(estate*); }\n"
        f"COMP_WORDS=({listed}) COMP_CWORD={len(words) - 1}\n"
        '"$function" auditor "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"',
    )


def in_fish(*words: str) -> list[str]:
    """Complete the last of some words in fish, which tells what it would offer."""
    return shell("fish", f"_AUDITOR_COMPLETE=fish_source auditor | source\ncomplete -C '{' '.join(words)}'")


def in_zsh(*words: str) -> list[str]:
    """Complete the last of some words in zsh, with stand-ins for what needs a pressed key."""
    listed = " ".join(f"'{each}'" for each in words)
    return shell(
        "zsh",
        "autoload -Uz compinit && compinit -u -D\n"
        'eval "$(_AUDITOR_COMPLETE=zsh_source auditor)"\n'
        "(( $+functions[_auditor_completion] )) || exit 9\n"
        'offer() { local -a all=("${(@P)1}"); print -l -- ${all%%:*} }\n'
        "_describe() { offer $3 }\n"
        "compadd() { offer ${@[-1]} }\n"
        "_path_files() { print -l -- estate* }\n"
        f"words=({listed}) CURRENT={len(words)}\n"
        "_auditor_completion",
    )


SHELLS = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}


@NEEDED
@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(
    ("words", "offered", "not_offered"),
    [
        (("auditor", "au"), "audit", "trace"),
        (("auditor", ""), "collect", "frobnicate"),
        (("auditor", "audit", "--fail"), "--fail-on", "--format"),
        (("auditor", "audit", "--format", "sa"), "sarif", "json"),
        (("auditor", "packs", "val"), "validate", "list"),
        (("auditor", "packs", "diff", "ase-v"), "ase-v2@2018-09-24", "ase-management-addresses@2018-05-29"),
        (("auditor", "packs", "show", "ase-man"), "ase-management-addresses@2022-10-24.china", "ase-v2@2018-09-24"),
        (("auditor", "explain", "missing-serv"), "missing-service-endpoint", "missing-fqdn-tag"),
    ],
)
def test_shells_complete(name: str, words: tuple[str, ...], offered: str, not_offered: str) -> None:
    """Commands, options, their values and checks are offered, and nothing that does not begin as typed."""
    found = SHELLS[name](*words)

    assert offered in found
    assert not_offered not in found


@NEEDED
@pytest.mark.parametrize("name", SHELLS)
def test_editions_are_completed(name: str) -> None:
    """Behind the @, too: bash cuts words there, and replaces the last piece alone."""
    pieces = ("ase-v2", "@", "2023") if name == "bash" else ("ase-v2@2023",)
    newest = "2023-11-20" if name == "bash" else "ase-v2@2023-11-20"

    assert SHELLS[name]("auditor", "packs", "diff", *pieces) == [newest]
    assert SHELLS[name]("auditor", "packs", "diff", *pieces[:-1], f"{pieces[-1]}-11-20", *pieces) == [newest]


@NEEDED
def test_bash_is_offered_editions_right_behind_the_sign() -> None:
    """With nothing typed behind the @, bash hands over the sign alone."""
    found = in_bash("auditor", "packs", "diff", "ase-v2", "@")

    assert {"2018-09-24", "2019-06-11.r2", "2023-11-20"} <= set(found)
    assert in_bash("auditor", "packs", "show", "ase-v2", "@", "2018-0") == ["2018-09-24"]


@NEEDED
@pytest.mark.parametrize("name", SHELLS)
def test_files_are_completed(name: str) -> None:
    """A source is a file: the shell offers those there are."""
    assert SHELLS[name]("auditor", "audit", "est") == ["estate.json"]


@NEEDED
@pytest.mark.parametrize(("name", "ending"), [("bash", ".bash"), ("zsh", ".zsh"), ("fish", ".fish")])
def test_the_page_says_how_to_switch_it_on(name: str, ending: str, tmp_path: Path) -> None:
    """The lines of docs/pipelines.md leave a script in the home of its user, and the shell can read it."""
    page = (CHECKOUT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    (lines,) = [each for each in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if f"={name}_source" in each]
    assert shell("bash", f"set -e\n{lines}") == []
    (script,) = [each for each in tmp_path.rglob(f"*{ending}") if each.name.startswith((".auditor", "auditor"))]
    ready = "autoload -Uz compinit && compinit -u -D\n" if name == "zsh" else ""

    assert shell(name, f"{ready}source '{script}'") == []


@NEEDED
def test_completing_a_command_loads_none() -> None:
    """A press of Tab behind `auditor` is answered from the table of commands: neither engine nor packs are loaded."""
    code = (
        "import sys\nfrom auditor.cli.main import main\nsys.argv = ['auditor']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([each for each in sys.modules if each.startswith(('auditor.cli.', 'auditor.engine'))], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "_AUDITOR_COMPLETE": "bash_complete", "COMP_WORDS": "auditor ", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "plain,audit" in done.stdout.split()
    assert done.stderr == "['auditor.cli.main', 'auditor.cli.bash_words']\n"
