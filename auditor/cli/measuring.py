"""What an audit tells those who watch it: measures in a file, and measures and a trace by OpenTelemetry."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from auditor import __version__
from auditor.cli.completing import files
from auditor.cli.destinations import check_apart
from auditor.cli.options import Group, carrying
from auditor.cli.output import check_place, deliver, is_stream
from auditor.cli.reading import read_small
from auditor.cli.telling import say
from auditor.errors import AuditorError, ConfigError, SourceError
from auditor.findings import Report

if TYPE_CHECKING:
    from auditor.measures import Course, Family

Command = TypeVar("Command", bound=Callable[..., Any])

_REFUSED, _DEFECT = 2, 70


def measure_options(command: Command) -> Command:
    """Give a command that makes a report the options of measuring it, as one parameter `measuring`.

    The command says to that how far it is, and what its report is. When it ends, with whatever exit code, its measures
    are written and sent; when it fails, what it was asked to write stays as it was, and only a trace is sent.
    """

    def measured(*, measuring: Measuring, **options: Any) -> Any:  # noqa: ANN401 - of any command
        try:
            code = command(measuring=measuring, **options)
            families = measuring.keep(code)
        except Exception as fault:
            measuring.tell_fault(fault)
            raise
        measuring.tell(families, code)
        return code

    return measuring_options(carrying(measured, command))


class Measuring:
    """Measures one audit, from when it is made."""

    def __init__(self, *, metrics: str | None, otlp: bool, otlp_endpoint: str | None) -> None:
        self._metrics = metrics
        self._endpoint = otlp_endpoint
        self._send = _sender() if otlp or otlp_endpoint is not None else None
        self._at = time.time()
        self._started = self._since = time.monotonic()
        self._phases: list[tuple[str, float, float]] = []
        self._report: Report | None = None

    def beside(self, places: Sequence[str]) -> list[str]:
        """Return all places that are written to: those of reports, and the file of metrics where one is asked for.

        Raises ConfigError where two are the same, or OutputError where it certainly cannot be written.
        """
        if self._metrics is None:
            return list(places)
        check_place(self._metrics)
        check_apart([*places, self._metrics])
        return [*places, self._metrics]

    def passed(self, phase: str, report: Report | None = None) -> None:
        """Say that a phase of the audit is over. report: what it came to, from when there is one."""
        now = time.monotonic()
        self._phases.append((phase, self._wall(self._since), now - self._since))
        self._since, self._report = now, report or self._report

    def keep(self, code: int) -> "Sequence[Family]":
        """Write the measures of an audit that came to a report, where that is asked for, and return them.

        code: what it ends with. Raises OutputError.
        """
        if self._metrics is None and self._send is None:
            return ()
        if self._report is None:
            return ()
        from auditor.collectors.rules import read_checks
        from auditor.reporters.measured import measures_of

        course = self._course(code, last_success=self._earlier_success(self._report))
        families = measures_of(self._report, read_checks(), course)
        if self._metrics is not None:
            from auditor.reporters import open_metrics

            deliver(open_metrics.render(families), self._metrics)
        return families

    def tell(self, families: "Sequence[Family]", code: int, fault: str = "") -> None:
        """Send measures and the trace, where that is asked for. What goes wrong is said, and changes nothing."""
        if self._send is None:
            return
        from auditor.reporters.measured import attributes_of

        course = self._course(code, fault=fault)
        why = self._send(families, course, attributes_of(self._report, course), __version__, endpoint=self._endpoint)
        if why:
            say(f"auditor: not sent by OTLP: {why}; the audit is not affected")

    def tell_fault(self, fault: Exception) -> None:
        """Send the trace of an audit that failed, where that is asked for."""
        known = isinstance(fault, AuditorError | click.ClickException | MemoryError)
        what = fault.format_message() if isinstance(fault, click.ClickException) else str(fault)
        self.tell((), _REFUSED if known else _DEFECT, fault=" ".join(what.split()) or type(fault).__name__)

    def _course(self, code: int, *, fault: str = "", last_success: float | None = None) -> "Course":
        from auditor.measures import Course, Phase

        return Course(
            at=self._at,
            ended=self._wall(time.monotonic()),
            phases=tuple(Phase(name=name, at=at, seconds=seconds) for name, at, seconds in self._phases),
            exit_code=code,
            fault=fault,
            last_success=last_success,
        )

    def _wall(self, moment: float) -> float:
        """Return a moment of the steady clock in seconds since 1970: one clock for all, so that spans fit together."""
        return self._at + moment - self._started

    def _earlier_success(self, report: Report) -> float | None:
        """Return when an audit last was complete by the file of metrics, where this one is not."""
        from auditor.reporters.summary import is_complete

        if self._metrics is None or is_complete(report) or is_stream(self._metrics):
            return None
        from auditor.reporters.open_metrics import last_success

        try:
            earlier = last_success(read_small(Path(self._metrics), SourceError).decode(errors="replace"))
        except SourceError:  # there is none yet
            return None
        return earlier if earlier is not None and 0 < earlier <= time.time() else None


measuring_options = Group(
    "measuring",
    Measuring,
    (
        click.option(
            "--metrics", metavar="FILE", shell_complete=files, help="Also write metrics there, as OpenMetrics text."
        ),
        click.option(
            "--otlp",
            is_flag=True,
            help="Also send metrics and a trace by OpenTelemetry, to OTEL_EXPORTER_OTLP_ENDPOINT.",
        ),
        click.option(
            "--otlp-endpoint", metavar="ENDPOINT", help="Send them there; /v1/traces and /v1/metrics are put behind it."
        ),
    ),
)
"""Gives a command the options of measuring an audit, as one parameter `measuring`."""


def _sender() -> Callable[..., str]:
    """Return what sends. Raises ConfigError where it is not installed."""
    try:
        from auditor.sending.otlp import send
    except ImportError as fault:
        what = f'--otlp needs OpenTelemetry, which is not installed here ({fault.name}): pip install "{_EXTRA}"'
        raise ConfigError(what) from None
    return send


_EXTRA = "azure-egress-auditor[otlp]"
