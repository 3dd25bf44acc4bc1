"""Which edition applies: by date, by name, by cloud, from file names alone."""

from datetime import date

import pytest

from auditor.errors import PackError
from auditor.packs import PackName, edition_in_force, pack_name

NAMES = tuple(
    pack_name(f"rules/packs/{path}.yaml")
    for path in (
        "ase-v2/2019-06-11.r10.public",
        "ase-v2/2018-09-24.public",
        "ase-v2/2019-06-11.r2.public",
        "ase-v2/2018-12-20.public",
        "ase-v2/2020-01-01.usgovernment",
        "aks/2026-06-18.public",
    )
)


@pytest.mark.parametrize(
    ("day", "label"),
    [
        ("2018-09-24", "2018-09-24"),
        ("2018-12-19", "2018-09-24"),
        ("2018-12-20", "2018-12-20"),
        ("2019-06-11", "2019-06-11.r10"),
        ("2026-11-23", "2019-06-11.r10"),
    ],
)
def test_edition_in_force_is_the_newest_on_or_before_the_day(day: str, label: str) -> None:
    """An edition holds from its own date until the next; of one date's texts, the newest revision, by number."""
    assert edition_in_force(NAMES, "ase-v2", "public", date.fromisoformat(day)).label == label


def test_without_a_date_the_newest_edition_applies() -> None:
    """No date and no name: the newest, in the workload's own cloud."""
    assert edition_in_force(NAMES, "ase-v2", "public").label == "2019-06-11.r10"
    assert edition_in_force(NAMES, "ase-v2", "usgovernment").label == "2020-01-01"


@pytest.mark.parametrize(
    ("edition", "label"),
    [
        ("2018-09-24", "2018-09-24"),
        ("2019-06-11", "2019-06-11.r10"),
        ("2019-06-11.r2", "2019-06-11.r2"),
    ],
)
def test_edition_by_name_wins_over_the_date(edition: str, label: str) -> None:
    """A label is that text; a date alone is its newest revision; `as_of` no longer counts."""
    assert edition_in_force(NAMES, "ase-v2", "public", date(2018, 10, 1), edition).label == label


@pytest.mark.parametrize(
    ("service", "cloud", "day", "edition", "message"),
    [
        ("ase-v3", "public", None, None, 'there is no pack "ase-v3"; there are aks, ase-v2; did you mean "ase-v2"?'),
        ("x", "public", None, None, 'there is no pack "x"; there are aks, ase-v2'),
        ("ase-v2", "china", None, None, 'ase-v2 has no pack for the cloud "china"; it has public, usgovernment'),
        (
            "ase-v2",
            "public",
            date(2018, 9, 23),
            None,
            "ase-v2 (public) has no edition in force on 2018-09-23; the earliest is 2018-09-24",
        ),
        (
            "ase-v2",
            "public",
            None,
            "2018-09-25",
            (
                'ase-v2 (public) has no edition "2018-09-25"; it has 2018-09-24, 2018-12-20, 2019-06-11.r2,'
                ' 2019-06-11.r10; did you mean "2018-09-24"?'
            ),
        ),
        (
            "ase-v2",
            "usgovernment",
            None,
            "newest",
            'ase-v2 (usgovernment) has no edition "newest"; it has 2020-01-01',
        ),
    ],
)
def test_what_fits_nothing_is_told_what_there_is(
    service: str, cloud: str, day: date | None, edition: str | None, message: str
) -> None:
    """Unknown service, cloud, date or edition: one line with what exists and the nearest of it."""
    with pytest.raises(PackError) as caught:
        edition_in_force(NAMES, service, cloud, day, edition)

    assert str(caught.value) == message


def test_no_packs_at_all() -> None:
    """An installation without packs says so."""
    with pytest.raises(PackError) as caught:
        edition_in_force((), "ase-v2", "public")

    assert str(caught.value) == 'there is no pack "ase-v2"; there are none'


def test_the_place_of_a_file_says_what_it_is() -> None:
    """Service, date, revision and cloud stand in the last two parts of the path, on Windows too."""
    name = pack_name("C:\\packs\\ase-v2\\2019-06-11.r2.public.yaml", shipped=False)

    assert name == PackName(
        service="ase-v2",
        edition="2019-06-11",
        revision="r2",
        cloud="public",
        path="C:\\packs\\ase-v2\\2019-06-11.r2.public.yaml",
        shipped=False,
    )
    assert (name.label, name.day) == ("2019-06-11.r2", date(2019, 6, 11))


@pytest.mark.parametrize(
    "path",
    [
        "ase-v2/2018-09-24.yaml",
        "ase-v2/2018-09-24.public.yml",
        "ase-v2/2018-13-24.public.yaml",
        "ase-v2/2018-09-24.r0.public.yaml",
        "ase-v2/2018-09-24.public.extra.yaml",
        "ASE v2/2018-09-24.public.yaml",
        "2018-09-24.public.yaml",
        "",
    ],
)
def test_other_names_are_refused(path: str) -> None:
    """A file that is named otherwise is never taken for a pack, nor left out in silence."""
    with pytest.raises(PackError) as caught:
        pack_name(path)

    assert str(caught.value) == (
        f"{path}: not the name of a pack; name it SERVICE/YYYY-MM-DD.CLOUD.yaml, as in ase-v2/2018-09-24.public.yaml,"
        " or SERVICE/YYYY-MM-DD.rN.CLOUD.yaml where one date has several texts"
    )
