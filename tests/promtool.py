"""promtool, Prometheus's own checker, where it is installed: on Debian it comes with the package prometheus."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def promtool(*arguments: str, stdin: str = "", folder: Path | None = None) -> str:
    """Run promtool, which must be content, and return what it says; skips where it is not installed, but not in CI."""
    program = shutil.which("promtool")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is not installed; .ci/run installs it")
        pytest.skip("promtool is not installed: apt-get install prometheus")
    done = subprocess.run([program, *arguments], input=stdin, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    return done.stdout + done.stderr
