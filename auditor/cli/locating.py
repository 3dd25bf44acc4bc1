"""Where the resources of findings stand, in words that hold in the whole repository."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from auditor.collectors.locating import locate
from auditor.findings import Location, Report


def locations_of(report: Report, sources: Sequence[str]) -> tuple[Location, ...]:
    """Return where in the files of the sources the resources stand that the report names, by resource."""
    root = _root()
    found = locate(sources, _named(report)) if sources else {}
    return tuple(
        Location(resource=arm_id, file=_shown(each.file, root), line=each.place.line, column=each.place.column)
        for arm_id, each in found.items()
    )


def _named(report: Report) -> Iterable[str]:
    """Yield the resources that a format may point at."""
    for finding in report.findings:
        yield finding.resource or finding.workload
    for result in report.results:
        if result.trace:
            yield from (each.resource for each in result.trace.hops)
            yield from (each.resource for each in (result.trace.reply.hops if result.trace.reply else ()))


def _root() -> Path | None:
    """Return the folder of the repository the working folder is in; the working folder where there is none."""
    try:
        here = Path.cwd()
    except OSError:  # it is gone; sources are named by whole paths then
        return None
    repositories = (each for each in (here, *here.parents) if os.path.exists(each / ".git"))  # noqa: PTH110 - no fault for what may not be read
    return next(repositories, here)


def _shown(file: Path, root: Path | None) -> str:
    """Return a file relative to `root`, through its links, or else as it was named; absolute where it lies elsewhere.

    What git keeps of a link is one line, on which nothing can be shown.
    """
    named = Path(os.path.abspath(file))  # noqa: PTH100 - without following links, and without ".."
    for place in (Path(os.path.realpath(named)), named):
        if root is not None and place.is_relative_to(root):
            return place.relative_to(root).as_posix()
    return named.as_posix()
