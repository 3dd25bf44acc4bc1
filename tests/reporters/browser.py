"""Real Chromium for tests of the HTML report: what a person sees, and everything that would have gone wrong.

Chromium is Debian's (`apt-get install chromium`). Without it these tests are skipped and say so; in CI they fail.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Request, sync_playwright
from playwright.sync_api import Page as Tab

CHROMIUM = shutil.which("chromium")
SCREENSHOTS = Path(__file__).parent.parent.parent / "out" / "screenshots"
SWITCHES = (
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "Chromium is not on this machine, so the HTML report is not looked at: apt-get install chromium"


def _is_root() -> bool:
    return os.getuid() == 0


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; skip the test where there is none, and fail it in CI."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as started:
        switches = [*SWITCHES, *(["--no-sandbox"] if _is_root() else [])]  # which root cannot have
        browser = started.chromium.launch(executable_path=CHROMIUM, args=switches)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """Everything a page did that it must not do.

    dialogs, errors: of scripts, and violations of the content security policy, which Chromium tells on its console.
    requests: for anything but the file itself.
    """

    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def over(self, tab: Tab, url: str) -> None:
        """Watch a tab that is to show one file."""

        def dialog(seen: Dialog) -> None:
            self.dialogs.append(seen.message)
            seen.dismiss()

        def console(seen: ConsoleMessage) -> None:
            self.errors.append(f"{seen.type}: {seen.text}")

        def request(seen: Request) -> None:
            if seen.url.partition("#")[0] != url:
                self.requests.append(seen.url)

        tab.on("dialog", dialog)
        tab.on("console", console)
        tab.on("pageerror", lambda seen: self.errors.append(str(seen)))
        tab.on("request", request)

    @property
    def everything(self) -> list[str]:
        """All that was seen; empty for a page that behaves."""
        return [*self.dialogs, *self.errors, *self.requests]


@contextmanager
def opened(  # noqa: PLR0913 - what a person's browser may be like
    browser: Browser,
    file: Path,
    *,
    scheme: str = "light",
    width: int = 1280,
    scripts: bool = True,
    part: str = "",
    foreign: bool = False,
    before: str = "",
) -> Iterator[Tab]:
    """Open a file in a tab of its own, and hold at the end that it did nothing it must not do.

    part: its fragment. foreign: whether scripts of the test may run in it, whatever its policy says.
    before: a script of the test that runs before those of the page.
    """
    url = file.resolve().as_uri()
    watch = Watch()
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
        offline=True,
        bypass_csp=foreign,
    )
    try:
        tab = context.new_page()
        watch.over(tab, url)
        if before:
            tab.add_init_script(before)
        tab.goto(f"{url}{part}")
        yield tab
        assert watch.everything == []
    finally:
        context.close()


@contextmanager
def busy(tab: Tab) -> Iterator[list[float]]:
    """Measure for how many seconds of the processor's time a tab was busy, whatever else the machine did meanwhile.

    That is what its main thread worked, in which scripts run, and pages are laid out and painted. The number stands in
    the list at the end.
    """
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")

    start, taken = worked(), list[float]()
    yield taken
    taken.append(worked() - start)
    session.detach()


def shoot(tab: Tab, name: str, *, whole: bool = False) -> Path:
    """Keep a screenshot as CI output."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    file = SCREENSHOTS / f"{name}.png"
    tab.screenshot(path=file, full_page=whole, animations="disabled")
    return file
