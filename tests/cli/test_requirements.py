"""`auditor audit --requirements`: against the documents, or against Azure's own lists of each environment."""

from pathlib import Path

import pytest

from tests.builders import Document
from tests.cli.program import Done, call, refused, save
from tests.cli.running import document
from tests.estates import Draft
from tests.own_lists import inbound, outbound

CLEAN, FINDINGS, INCOMPLETE = 0, 1, 3


def listed(*lists: Document) -> Draft:
    """Return the compliant estate with lists of its environment."""
    draft = Draft()
    draft.add(*lists)
    return draft


def packs(done: Done) -> list[tuple[str, str]]:
    """Return the packs and editions that a JSON report names; it must be what its schema describes."""
    return [(each["pack"], each["edition"]) for each in document(done.out, "audit-report")["packs"]]


DOCUMENTED = [("ase-management-addresses", "2022-10-24"), ("ase-v2", "2023-11-20")]


def test_the_report_says_what_was_used(tmp_path: Path) -> None:
    """Azure's own lists stand among the packs of a report for which they were used, beside the packs for the rest."""
    file = save(tmp_path, listed(inbound(), outbound()))
    base = ("audit", file, "--format", "json")

    assert packs(call(*base)) == packs(call(*base, "--requirements", "documented")) == DOCUMENTED
    assert packs(call(*base, "--requirements", "live")) == [*DOCUMENTED, ("azure", "live")]
    assert "azure live (public)" in call("audit", file, "--requirements", "live").out
    assert "azure live" not in call("audit", file).out


@pytest.mark.parametrize(
    ("lists", "code"),
    [
        ([inbound(), outbound()], CLEAN),
        ([inbound(more=["20.0.0.7"]), outbound()], FINDINGS),
        ([inbound(), outbound(more={"new.contoso.com": [443]})], INCOMPLETE),
        ([inbound()], INCOMPLETE),
        ([], INCOMPLETE),
    ],
)
def test_exit_codes(lists: list[Document], code: int, tmp_path: Path) -> None:
    """What a list asks for and does not get is a finding; a list that was not read leaves the audit incomplete."""
    assert call("audit", save(tmp_path, listed(*lists)), "--requirements", "live").code == code


def test_drift_is_a_note(tmp_path: Path) -> None:
    """A difference between the lists and the documents fails nothing unless notes are to; the report is not blamed."""
    file = save(tmp_path, listed(inbound(), outbound(more={"new.contoso.com": [443]})))
    done = call("audit", file)

    assert done.code == CLEAN
    assert "NOTE documentation-drift" in done.out
    assert "CLEAN: 193 of 193 applicable requirements met as documented; 1 note on the documents" in done.out
    assert call("audit", file, "--fail-on", "note").code == FINDINGS
    assert document(call("audit", file, "--format", "json").out, "audit-report")["summary"]["verdict"] == "clean"


def test_drift_that_is_to_be_an_error(tmp_path: Path) -> None:
    """Whoever raises its level is told so by the exit code and by the verdict."""
    config = tmp_path / "auditor.yaml"
    config.write_text("levels: {documentation-drift: error}\n", encoding="utf-8")
    done = call("audit", save(tmp_path, listed(outbound(more={"new.contoso.com": [443]}))), "--config", str(config))

    assert done.code == FINDINGS
    assert "FINDINGS: not locked down as documented; start with the 1 error." in done.out


def test_the_configuration_asks_for_it(tmp_path: Path) -> None:
    """`requirements: live` in auditor.yaml does what the flag does, and the flag wins."""
    config = tmp_path / "auditor.yaml"
    config.write_text("requirements: live\n", encoding="utf-8")
    base = ("audit", save(tmp_path, listed(inbound(), outbound())), "--format", "json", "--config", str(config))

    assert packs(call(*base))[-1] == ("azure", "live")
    assert packs(call(*base, "--requirements", "documented")) == DOCUMENTED


def test_no_list_is_named_that_was_not_used(tmp_path: Path) -> None:
    """Where no list was read, the report names none, and says of what would have been asked that it is not known."""
    done = call("audit", save(tmp_path, listed()), "--requirements", "live", "--format", "json")

    assert packs(done) == DOCUMENTED
    assert "was not read: it is not in the source" in done.out


def test_another_word_is_refused(tmp_path: Path) -> None:
    """Only the two words are taken."""
    assert "live" in refused("audit", save(tmp_path, listed()), "--requirements", "azure")
