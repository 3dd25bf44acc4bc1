"""Quotas, told by a clock that never waits."""

from tests.azure_simulator.clock import FakeClock, SystemClock
from tests.azure_simulator.quota import Buckets, Window


def test_window_refuses_what_is_too_much_until_it_closes() -> None:
    """Fifteen queries in five seconds: the sixteenth is refused and told how long to wait, and then granted (Q9)."""
    clock = FakeClock()
    window = Window(15, 5.0, clock)

    spent = [window.spend() for _ in range(16)]
    clock.sleep(spent[-1].whole_seconds)

    assert [each.granted for each in spent] == [True] * 15 + [False]
    assert [each.remaining for each in spent] == [*range(14, -1, -1), 0]
    assert spent[-1].whole_seconds == 5
    assert window.spend().granted


def test_window_opens_with_the_first_query() -> None:
    """A pause before the first query of a window costs nothing, and the wait is counted from that query."""
    clock = FakeClock()
    window = Window(2, 5.0, clock)
    clock.sleep(100)
    window.spend()
    clock.sleep(3.5)

    assert window.spend().more_after == 1.5
    assert window.spend().whole_seconds == 2


def test_bucket_fills_up_again_and_is_one_of_many() -> None:
    """250 reads at once and 25 more each second, for each subscription on its own (Q11)."""
    clock = FakeClock()
    buckets = Buckets(250, 25.0, clock)

    assert all(buckets.spend("a").granted for _ in range(250))
    assert not buckets.spend("a").granted
    assert buckets.spend("b").remaining == 249
    clock.sleep(1)
    assert [buckets.spend("a").granted for _ in range(26)] == [True] * 25 + [False]
    clock.sleep(1_000)
    assert buckets.spend("a").remaining == 249


def test_system_clock_goes_forward() -> None:
    """The clock of the machine moves by at least what was slept."""
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.01)

    assert clock.now() >= before + 0.01
