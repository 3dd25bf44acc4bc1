"""Completion on the command line, by the scripts that the command itself gives, in real shells."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from auditor.cli.main import cli
from tests.cli.program import CHECKOUT
from tests.cli.test_main import EVERY

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
    (work / "estates").mkdir()
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
    """Complete the last of some words in bash, with a stand-in for the builtin that needs a pressed key.

    bash parts words at "=" and "@", and puts what is offered in place of the last part.
    """
    words = tuple(part for word in words for part in re.split("([=@])", word) if part or not word)
    listed = " ".join(f"'{each}'" for each in words)
    return shell(
        "bash",
        'eval "$(_AUDITOR_COMPLETE=bash_source auditor)"\n'
        'read -r _ _ _ _ _ _ function _ <<< "$(complete -p auditor | sed "s/.*-F/x x x x x x/")"\n'
        "compopt() { case $2 in default) COMPREPLY+=(${COMP_WORDS[COMP_CWORD]}*) ;; "
        "dirnames) COMPREPLY+=(${COMP_WORDS[COMP_CWORD]}*/) ;; esac; }\n"
        f"COMP_WORDS=({listed}) COMP_CWORD={len(words) - 1}\n"
        '"$function" auditor "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"',
    )


def in_fish(*words: str) -> list[str]:
    """Complete the last of some words in fish, which tells what it would offer."""
    script = f"_AUDITOR_COMPLETE=fish_source auditor | source\ncomplete -C '{' '.join(words)}' | string split -f1 \\t"
    return shell("fish", f"{script}; true")


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
        "typed() { print -r -- ${words[CURRENT]##*=} }\n"
        "_path_files() { if [[ $1 == -/ ]]; then print -l -- $(typed)*(/); else print -l -- $(typed)*; fi }\n"
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
        (("auditor", "watch", "--fail"), "--fail-on", "--every"),
        (("auditor", "watch", "--e"), "--every", "--fail-on"),
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


FILES, FOLDERS = {"estate.json", "estates"}, {"estates"}
OFFERED = {
    "FILE": FILES,
    "REPORT": FILES,
    "REPORT.json": FILES,
    "BEFORE": FILES,
    "[AFTER]": FILES,
    "[SOURCE]...": FILES,
    "[FILE]...": FILES,
    "[ARGUMENT OF AUDIT]...": FILES,
    "FOLDER": FOLDERS,
    "DIR": FOLDERS,
    "URL": FILES,
}
"""What is offered for `est` to an option or argument, by what its help calls the value."""


def parameters() -> list[tuple[str, ...]]:
    """Return every way to come to an option or an argument: the words before it, and what its help calls the value."""
    found = []
    for words in EVERY:
        command: click.Command | None = cli
        for each in words.split():
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), each)
        assert command is not None
        for parameter in command.params:
            named = (parameter.opts[-1],) if isinstance(parameter, click.Option) else ()
            found.append((*words.split(), *named, parameter.make_metavar(click.Context(command))))
    return found


def placed(*words: str) -> list[str]:
    """Return what a shell offers, whether as a path or as the end of FORMAT=FILE; folders without their slash."""
    return [each.rpartition("=")[2].rstrip("/") for each in words]


@NEEDED
@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("words", [each for each in parameters() if each[-1] in OFFERED], ids=" ".join)
def test_every_path_is_completed(name: str, words: tuple[str, ...]) -> None:
    """Wherever a file or a folder is asked for, the shell offers those there are, and nothing else."""
    *before, metavar = words

    assert set(placed(*SHELLS[name]("auditor", *before, "est"))) == OFFERED[metavar]


@NEEDED
@pytest.mark.parametrize("name", SHELLS)
def test_editions_are_completed(name: str) -> None:
    """Behind the @, too: bash parts words there, and replaces the last part alone."""
    newest = "2023-11-20" if name == "bash" else "ase-v2@2023-11-20"

    assert SHELLS[name]("auditor", "packs", "diff", "ase-v2@2023") == [newest]
    assert SHELLS[name]("auditor", "packs", "diff", "ase-v2@2023-11-20", "ase-v2@2023") == [newest]


@NEEDED
def test_bash_is_offered_editions_right_behind_the_sign() -> None:
    """With nothing typed behind the @, bash hands over the sign alone."""
    found = in_bash("auditor", "packs", "diff", "ase-v2@")

    assert {"2018-09-24", "2019-06-11.r2", "2023-11-20"} <= set(found)
    assert in_bash("auditor", "packs", "show", "ase-v2@2018-0") == ["2018-09-24"]


@NEEDED
@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("words", [("audit",), ("report", "report.json")])
def test_the_file_of_a_report_is_completed(name: str, words: tuple[str, ...]) -> None:
    """In FORMAT=FILE the format is completed, and behind it the file; a shell takes both for one word, or for three."""
    formats = SHELLS[name]("auditor", *words, "--report", "ht")
    files = SHELLS[name]("auditor", *words, "--report", "html=est")

    assert formats == ["html="]
    assert set(placed(*files)) == FILES
    assert set(files) == (set(placed(*files)) if name == "bash" else {"html=estate.json", "html=estates/"})
    assert SHELLS[name]("auditor", *words, "--report", "html=none") in ([], ["none*"])


@NEEDED
def test_values_behind_an_equals_sign_are_completed_in_bash() -> None:
    """What bash takes for three words is an option with its value."""
    assert in_bash("auditor", "audit", "--format=sa") == ["sarif"]
    assert set(placed(*in_bash("auditor", "audit", "--config=est"))) == FILES
    assert set(placed(*in_bash("auditor", "audit", "--edition=ase-v2=2018-09-24", "--report=html=est"))) == FILES
    assert in_bash("auditor", "packs", "show", "--cloud=china", "ase-v2@2023") == ["2023-11-20.public"]


@NEEDED
@pytest.mark.parametrize("name", SHELLS)
def test_packs_are_completed(name: str) -> None:
    """A pack is offered by its name."""
    assert "ase-v2" in SHELLS[name]("auditor", "audit", "--pack", "ase")


def test_every_value_is_known_here() -> None:
    """The tests above know what each option and argument is completed with, or that it is free text."""
    free = {"ID", "NAME", "RESOURCE_ID", "DATE", "PACK=EDITION", "X", "Y", "TEXT", "CLOUD", "FINDING_ID"}
    free |= {"[RUN]", "[ID]", "NUMBER", "APPRISE_URL", "ENDPOINT", "DURATION"}
    other = {"FORMAT=FILE", "PACK", "PACK@EDITION", "PACK[@EDITION]", "[CHECK]", "BOOLEAN", "INTEGER RANGE"}
    choices = {each[-1] for each in parameters() if "|" in each[-1]}

    assert {each[-1] for each in parameters()} <= {*OFFERED, *free, *other, *choices}


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
    assert done.stderr == "['auditor.cli.streams', 'auditor.cli.main', 'auditor.cli.completing']\n"
