"""The violating example with one of its documents unread: whatever that hides, nothing of it is told to be resolved."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.histories import Event
from auditor.history import open_store
from tests.builders import Document
from tests.cli.program import call
from tests.examples import FOLDER
from tests.violating import violating

LISTS = "networkdependenciesendpoints"
"""Of Azure's own: where they are no longer among some files, nothing says that they ever were."""
KINDS = ("files", "snapshot")


def left_away(documents: list[Document]) -> list[int]:
    """Return which documents are left away, one after the other: the first and the last of each type."""
    of_type: dict[str, list[int]] = {}
    for at, each in enumerate(documents):
        of_type.setdefault(str(each.get("type")).lower(), []).append(at)
    of_type.pop("microsoft.network/servicetags", None)
    return sorted({at for kind, those in of_type.items() if LISTS not in kind for at in (those[0], those[-1])})


def source(kind: str, documents: list[Document], hidden: Document | None) -> Any:  # noqa: ANN401 - any JSON
    """Return documents as files hold them, or as a snapshot that says what could not be read."""
    if kind == "files":
        return documents
    gap = {"what": hidden["type"], "scope": hidden["id"], "why": "refused", "needs": "Reader"} if hidden else None
    tags = [each for each in documents if "values" in each.get("properties", each)]
    rest = [each for each in documents if each not in tags]
    return {"schema": "snapshot/1", "resources": rest, "service_tags": tags, "gaps": [gap] if gap else []}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_resolved_by_what_is_not_read(kind: str, tmp_path: Path) -> None:
    """Nor is anything new or back again once all is read again."""
    documents = [each for some in violating().values() for each in some]
    file, history = tmp_path / "estate.json", str(tmp_path / "history.db")
    hidden = left_away(documents)
    for at in (None, *hidden, None):
        some = [each for number, each in enumerate(documents) if number != at]
        file.write_text(json.dumps(source(kind, some, None if at is None else documents[at])), encoding="utf-8")
        config = str(FOLDER / "violating" / "auditor.yaml")
        call("audit", str(file), "--config", config, "--record", "--history", history, "--job", "x")
    with open_store(history) as store:
        first, *partial, last = store.runs()[::-1]
        lives = {each.finding.id: each for each in store.lives("x")}

    assert len(partial) == len(hidden) > 10
    known = [each for each in lives.values() if each.turns[0].run == first.id]
    resolved = [each.finding.message for each in known if Event.RESOLVED in {turn.event for turn in each.turns}]
    assert (len(known), resolved) == (first.events[Event.NEW], [])
    assert last.events[Event.NEW] == last.events[Event.REOPENED] == 0
    assert first.counts == last.counts
