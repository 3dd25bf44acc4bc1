"""Measures as OpenMetrics text, which Prometheus and the textfile collector of its node exporter read."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from auditor.measures import LAST_SUCCESS, SECONDS, Family


def render(families: Sequence[Family]) -> str:
    """Return the measures as OpenMetrics text, ending in `# EOF`.

    All are gauges, also what tells of versions: the textfile collector knows no newer types.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # of the library
    return text.decode()


def last_success(text: str) -> float | None:
    """Return when an audit last was complete, by a file that `render` made; None where it does not say so.

    Whatever else the text is, it says nothing.
    """
    try:
        found = [
            sample.value
            for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # of the library
            for sample in family.samples
            if sample.name == _name(LAST_SUCCESS, SECONDS)
        ]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):  # all that the parser throws at odd text
        return None
    return found[0] if len(found) == 1 else None


class _Given(Collector):
    """Hands measures to a registry."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every family."""
        for each in self._families:
            labels = tuple(each.samples[0].labels) if each.samples else ()
            unit = "seconds" if each.unit == SECONDS else ""
            metric = GaugeMetricFamily(_name(each.name, each.unit), each.help, labels=labels, unit=unit)
            for sample in each.samples:
                metric.add_metric([sample.labels[label] for label in labels], sample.value)
            yield metric


def _name(name: str, unit: str) -> str:
    """Return a name as Prometheus makes it of one of OpenTelemetry."""
    return name.replace(".", "_") + ("_seconds" if unit == SECONDS else "")
