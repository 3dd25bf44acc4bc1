"""Fixtures of the tests of reporters: the shared cases."""

import pytest

from auditor.findings import Report
from tests.reporters.cases import CASES


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Report:
    """Return each of the shared cases in turn."""
    return CASES[request.param]
