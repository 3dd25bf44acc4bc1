"""What is decided once for several workloads and told of each is what would be told of each decided by itself."""

import pytest

from auditor.collectors.files import read_sources
from auditor.collectors.rules import read_tag_list_of
from auditor.configfile import parse_config
from auditor.engine.audit import Audited, audit
from auditor.estate.estate import Estate, build_estate
from auditor.findings import Outcome
from auditor.settings import Settings
from tests.audits import PLAIN, every_check, packs_of, snapshot_of
from tests.bench_estates import estate as bench_estate
from tests.bench_mixed import Shape, mixed_estate
from tests.examples import FOLDER
from tests.violating import CONFIGURATION

PUBLIC = read_tag_list_of("public")


def told(estate: Estate, *, share: bool, settings: Settings = PLAIN) -> Audited:
    """Audit as the command does for the console: without traces; sharing decisions or not."""
    lists = {"public": PUBLIC} if PUBLIC is not None else {}
    packs = {"public": packs_of()}
    return audit(estate, packs, settings, every_check(), all_results=not share, traces=False, tag_lists=lists)


def assert_the_same_is_told(estate: Estate, settings: Settings = PLAIN) -> Audited:
    """Assert that findings, counts and results do not depend on whether decisions are shared."""
    shared, alone = (told(estate, share=each, settings=settings) for each in (True, False))

    assert shared.findings == alone.findings
    assert shared.workloads == alone.workloads
    assert shared.results == tuple(each for each in alone.results if each.outcome is not Outcome.PASS)
    return shared


@pytest.mark.parametrize("size", [30])
def test_an_estate_of_which_every_workload_deviates(size: int) -> None:
    """Every workload is told of by its own name and prefixes."""
    found = assert_the_same_is_told(build_estate(snapshot_of(bench_estate(size))))

    assert len({each.workload for each in found.findings}) == size


def test_a_mixed_estate() -> None:
    """Defects of every kind are told of the workload that has them."""
    assert_the_same_is_told(build_estate(snapshot_of(mixed_estate(Shape(workloads=80, firewalls=4, rules=100)))))


def test_the_violating_example() -> None:
    """So are the stories of the example."""
    source = read_sources([str(FOLDER / "violating")], None)

    assert_the_same_is_told(build_estate(source), parse_config(CONFIGURATION, "auditor.yaml"))
