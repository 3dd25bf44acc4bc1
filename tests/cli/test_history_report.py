"""`auditor history report`: audits recorded by the command itself, and the pages that are made of them."""

import errno
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from auditor.cli.output import check_folder, deliver_folder
from auditor.errors import OutputError
from auditor.history import open_store
from tests.cli.program import as_ordinary_user, call, refused, save
from tests.cli.test_history import COMPLIANT, ROUTE, History
from tests.estates import Draft
from tests.reporters.browser import chromium, opened, shoot
from tests.reporters.test_history_page_in_browser import CHOOSE, READ, read_as
from tests.reporters.test_html import Page

MARKER = ".auditor-history-report"
OURS = re.compile(r"index\.html|job-.*\.html")


def record_days(history: History, folder: Path) -> History:
    """Record a week of the compliant estate: routes go and return, a policy cannot be read, a snapshot is pruned."""
    one, two, unread = Draft(), Draft(), Draft()
    one.drop_route(ROUTE)
    two.drop_route(ROUTE)
    two.drop_route("13.66.140.0/32")
    unread.documents = [each for each in unread.documents if "firewallPolicies" not in str(each["type"])]
    for number, draft in enumerate((Draft(), one, two, one, Draft(), unread, one)):
        where = ("--history", history.url, "--job", "prod", "-o", "/dev/null")
        done = call("audit", save(folder, draft), "--record", *where)
        assert done.code in {0, 1, 3}, done
        if number == 1:
            history.ask("prune", "--keep", "1", "--snapshots-only")
    return history


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Return a history of one job that nobody changes, in a file."""
    folder = tmp_path_factory.mktemp("history")
    return record_days(History(url=str(folder / "history.db")), folder)


def names(folder: Path) -> list[str]:
    """Return what lies in a folder, hidden files included."""
    return sorted(each.name for each in folder.iterdir())


def test_the_pages_tell_what_was_recorded(recorded: History, tmp_path: Path) -> None:
    """From audits to Chromium: the state, the trend, the ages, and for every two runs what the store says of them."""
    site = tmp_path / "site"
    assert recorded.ask("report", "-o", str(site)) == ""
    assert names(site) == [MARKER, "index.html"]
    with chromium() as browser, opened(browser, site / "index.html") as tab, open_store(recorded.url) as store:
        expect(tab.locator("h1")).to_have_text("prod: Not locked down as documented")
        expect(tab.locator("#summary")).to_contain_text("7 runs since")
        expect(tab.locator(".chart .bands rect").first).to_be_attached()
        expect(tab.locator("#t-ages tbody tr")).not_to_have_count(0)
        expect(tab.locator("#t-ages")).to_contain_text("reopened")
        ids = sorted(each.id for each in store.runs())
        for at, one in enumerate(ids):
            for other in ids[at + 1 :]:
                tab.evaluate(CHOOSE, [str(one), str(other)])
                found, wanted = tab.evaluate(READ), read_as(store.difference(one, other))
                said = recorded.told("diff", str(one), str(other))
                wanted["open"] = said["findings"]["not_resolved"]
                assert {key: found[key] for key in wanted} == wanted, (one, other)
        shoot(tab, "history-recorded", whole=True)


def test_each_job_has_a_page(recorded: History, tmp_path: Path) -> None:
    """Several jobs are listed on the first page; --job makes a site of one, which takes the place of the other."""
    file = tmp_path / "history.db"
    shutil.copy(recorded.url, file)
    both, site = History(url=str(file)), tmp_path / "site"
    both.record(COMPLIANT, "Test <1>")
    both.ask("report", "-o", str(site))
    links = {each["href"] for each in Page((site / "index.html").read_text(encoding="utf-8")).all("a")}

    assert len(names(site)) == 4
    assert links >= set(names(site)) - {MARKER, "index.html"}
    assert "job-prod.html" in links
    both.ask("report", "-o", str(site), "--job", "prod")
    assert names(site) == [MARKER, "index.html"]
    assert "prod: " in (site / "index.html").read_text(encoding="utf-8")


def test_a_folder_of_others_is_left_alone(recorded: History, tmp_path: Path) -> None:
    """One that holds anything else is not replaced, in one line that names it; an empty one is."""
    site = tmp_path / "site"
    site.mkdir()
    recorded.ask("report", "-o", str(site))
    (site / "notes.txt").write_text("mine", encoding="utf-8")
    line = recorded.refuses("report", "-o", str(site))

    assert "it holds notes.txt, which was not written by this command; name a new folder, or an empty one" in line
    assert names(site) == [MARKER, "index.html", "notes.txt"]
    (site / "notes.txt").unlink()
    (site / MARKER).unlink()
    assert "it holds index.html" in recorded.refuses("report", "-o", str(site))


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("-", "need a folder of their own; write -o DIR"),
        ("", "need a folder"),
        ("no/such/place", "No such file"),
        ("a\0b", "not a file name"),
    ],
)
def test_a_place_that_takes_no_folder(place: str, why: str, recorded: History, tmp_path: Path) -> None:
    """Stdout, no name, a folder that is not there, and what no system takes for a name."""
    assert why in recorded.refuses("report", "-o", str(tmp_path / place) if "/" in place else place)


def test_a_file_is_no_folder(recorded: History, tmp_path: Path) -> None:
    """A file that is there stays."""
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")

    assert "Not a directory" in recorded.refuses("report", "-o", str(file))
    assert file.read_text(encoding="utf-8") == "mine"


def test_what_is_not_there_is_said(recorded: History, tmp_path: Path) -> None:
    """A job or a history that is not there leaves no folder behind."""
    site = tmp_path / "site"

    assert 'no job "prof"' in recorded.refuses("report", "-o", str(site), "--job", "prof")
    assert "history" in refused("history", "report", "-o", str(site), "--history", str(tmp_path / "none.db"))
    assert "-o" in refused("history", "report", "--history", recorded.url)
    assert names(tmp_path) == []


def test_what_goes_wrong_on_the_way_leaves_what_was_there(tmp_path: Path) -> None:
    """Neither a reader that fails, nor a full disk, costs the old pages or leaves a part of the new ones."""
    site = tmp_path / "site"
    deliver_folder([("index.html", "old")], str(site), marker=MARKER, ours=OURS)

    def broken() -> list[tuple[str, str]]:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        deliver_folder((each for _ in (0,) for each in broken()), str(site), marker=MARKER, ours=OURS)
    assert (site / "index.html").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["site"]


def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    """A folder stays as open as it was, and one named through a link is replaced where it lies."""
    site, link = tmp_path / "site", tmp_path / "link"
    site.mkdir(mode=0o750)
    link.symlink_to(site)
    deliver_folder([("index.html", "new")], str(link), marker=MARKER, ours=OURS)

    assert (site.stat().st_mode & 0o777, link.is_symlink()) == (0o750, True)
    assert (site / "index.html").read_text(encoding="utf-8") == "new"


def test_a_place_is_checked_before_the_work(tmp_path: Path) -> None:
    """Nothing is left of the check itself."""
    check_folder(str(tmp_path / "site"), marker=MARKER, ours=OURS)
    assert names(tmp_path) == []


def test_a_place_that_may_not_be_written(recorded: History, tmp_path: Path) -> None:
    """One line, and nothing there."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    done = as_ordinary_user("history", "report", "-o", str(closed / "site"), "--history", recorded.url)

    assert (done.code, done.out) == (2, "")
    assert "Permission denied" in done.err
    assert names(closed) == []
