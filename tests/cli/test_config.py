"""Finding auditor.yaml, reading it, and the width of the terminal."""

from pathlib import Path

import pytest

from auditor.cli.config import find_config, read_settings
from auditor.cli.terminal import terminal_width
from auditor.errors import ConfigError
from auditor.findings import Level
from auditor.settings import Settings


def test_config_is_found_upward(tmp_path: Path) -> None:
    """The nearest one counts, from the folder itself up; a folder of that name is none."""
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "auditor.yaml").write_text("", encoding="utf-8")
    (deep / "auditor.yaml").mkdir()

    assert find_config(deep) == tmp_path / "auditor.yaml"
    assert find_config(tmp_path) == tmp_path / "auditor.yaml"

    (tmp_path / "a" / "auditor.yaml").write_text("", encoding="utf-8")

    assert find_config(deep) == tmp_path / "a" / "auditor.yaml"


def test_no_config_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no folder has one, everything is as if an empty one were there."""
    monkeypatch.setattr("auditor.cli.config.CONFIG_NAME", "no-such-auditor.yaml")

    assert find_config(tmp_path) is None
    assert read_settings(None) == Settings()


def test_a_folder_that_cannot_be_searched_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may be there, and may change the outcome, is never taken for absent."""

    def refuse(self: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_file", refuse)

    with pytest.raises(ConfigError) as caught:
        find_config(tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}: cannot be searched for auditor.yaml (Permission denied); name one with --config"
    )


def test_config_is_read_with_the_checks_there_are(tmp_path: Path) -> None:
    """Settings come out, and a check that does not exist is refused with the file's name."""
    file = tmp_path / "auditor.yaml"
    file.write_text("levels: {undetermined: error}\n", encoding="utf-8")

    assert read_settings(file).levels == {"undetermined": Level.ERROR}

    file.write_text("levels: {undeterminate: error}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_settings(file)

    assert str(caught.value) == (f'{file}: levels: undeterminate: there is no such check; did you mean "undetermined"?')


def test_what_is_no_config_is_one_line(tmp_path: Path) -> None:
    """A missing file, a folder, an impossible name and a huge file are refused by name, with what to do."""
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    for path, message in (
        (tmp_path / "none.yaml", f"{tmp_path / 'none.yaml'}: no such file; check the name"),
        (tmp_path, f"{tmp_path}: a folder, not a file; name the file in it"),
        (Path("a\0b"), "a\0b: cannot be read (not a file name); check the file and its permissions"),
        (huge, f"{huge}: larger than 4 MB, too large for such a file; is it another one?"),
    ):
        with pytest.raises(ConfigError) as caught:
            read_settings(path)

        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("columns", "width"), [("80", 80), ("39", 40), ("40", 40), ("160", 160), ("500", 160), ("", 100), ("wide", 100)]
)
def test_width_follows_columns(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS decides within 40 to 160; without it, and without a terminal, 100."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.__stdout__", None)

    assert terminal_width() == width
