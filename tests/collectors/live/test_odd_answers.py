"""An answer that is no answer is a gap: nothing odd is read as nothing there, and nothing odd ends in a traceback."""

import io
from typing import Any
from unittest import mock

import pytest

from auditor.collectors.live.journal import Journal
from auditor.collectors.live.reading import Reading
from auditor.collectors.live.refusals import RefusedError
from auditor.collectors.live.session import Session
from tests.collectors.live.collecting import HOME, Unseen, session_with, simulated, tenant

TABLE = f"/subscriptions/{HOME}/resourcegroups/g/providers/microsoft.network/routetables/rt"
WHOLE = {"id": TABLE, "name": "rt", "type": "Microsoft.Network/routeTables", "properties": {"routes": []}}
CONNECTIONS = f"/subscriptions/{HOME}/resourcegroups/g/providers/microsoft.network/virtualhubs/h/bgpConnections"


def read_once(answer: dict[str, Any], path: str, *, as_list: bool) -> Journal:
    """Return what is kept where Azure Resource Manager gives one answer to everything."""
    journal = Journal.begin(io.BytesIO(), {})
    with (
        simulated(tenant()) as azure,
        session_with(azure) as session,
        mock.patch.object(Session, "_get", return_value=answer),
    ):
        reading = Reading(session, journal, Unseen())
        if as_list:
            reading.lists([path], lambda at, fault: fault.gap("list", at, "it"), lambda _, items: items)
        else:
            reading.read([path], lambda at, fault: fault.gap("resource", at, "it"))
    return journal


def test_a_resource_as_it_should_be() -> None:
    """The resource that was asked for is kept, and no gap is left."""
    journal = read_once(WHOLE, TABLE, as_list=False)

    assert (journal.ids(), journal.gaps) == ([TABLE], ())


@pytest.mark.parametrize(
    "answer",
    [{}, {**WHOLE, "id": TABLE + "x"}, {**WHOLE, "type": None}, {**WHOLE, "properties": None}, {"id": TABLE}],
    ids=["empty", "another", "no type", "no properties", "a stub"],
)
def test_another_answer_is_no_resource(answer: dict[str, Any]) -> None:
    """An answer that does not describe the resource that was asked for is a gap, not a resource, and not nothing."""
    journal = read_once(answer, TABLE, as_list=False)

    assert journal.ids() == []
    assert "does not describe" in journal.gaps[0].why


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"value": None},
        {"value": {}},
        {"value": ["x"]},
        {"value": [{"type": "Microsoft.Network/virtualHubs/bgpConnections"}]},
    ],
    ids=["empty", "null", "object", "texts", "no id"],
)
def test_another_answer_is_no_list(answer: dict[str, Any]) -> None:
    """An answer without a list of resources is a gap, and is not taken for an empty list."""
    journal = read_once(answer, CONNECTIONS, as_list=True)

    assert journal.ids() == []
    assert "cannot be trusted" in journal.gaps[0].why


@pytest.mark.parametrize("target", ["https://elsewhere.invalid/x", "//elsewhere.invalid/x", "x"])
def test_a_reference_never_leads_to_another_host(target: str) -> None:
    """An id that is an address of its own is not asked for: no token goes there."""
    with simulated(tenant()) as azure, session_with(azure) as session:
        with pytest.raises(RefusedError, match="may lead elsewhere"):
            session.read(target, "2024-05-01")

        assert azure.requests == []
