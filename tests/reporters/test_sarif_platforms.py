"""What GitHub code scanning and Azure DevOps take, line by line, as github/docs and azure-docs have it.

Microsoft's validator lets some of this slip: so it is held here. Sources, as of 2026-11: github/docs
`sarif-support-for-code-scanning.md` and `sarif-limits.md`, codeql-action `src/fingerprints.ts`, azure-devops-docs
`github-advanced-security-code-scanning-third-party.md`.
"""

import json
import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from auditor.collectors.rules import read_checks
from auditor.findings import Finding, Level, Location, Report, State
from auditor.reporters.sarif import PROFILES, write
from tests.reporters.samples import FINDINGS, GAPS, NET, VIOLATING, report
from tests.reporters.sarif_cases import BASELINE, CASES, notices, results_of, run_of, written

PLATFORMS = ("github", "azure-devops")
PACKED = 10_000_000
_ALLOWED_OF_RESULT = {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"}


def faults(text: str) -> Iterator[str]:
    """Yield every breach of what a platform takes."""
    log = json.loads(text)
    if len(zlib.compress(text.encode())) > PACKED:
        yield "larger than 10 MB once compressed"
    if set(log) != {"$schema", "version", "runs"} or log["version"] != "2.1.0" or len(log["runs"]) != 1:
        yield "not one run of version 2.1.0 with its schema"
    (run,) = log["runs"]
    if "automationDetails" in run:
        yield "a category of its own, which would win over that of the upload"
    if not isinstance(run.get("results"), list) or len(run["results"]) > 5_000:
        yield "no list of results, or one longer than what is kept"
    if len(run["tool"]["driver"]["rules"]) > 25_000:
        yield "too many rules"
    for each in run["tool"]["driver"]["rules"]:
        yield from faults_of_rule(each)
    for each in run["results"]:
        yield from faults_of_result(each)


def faults_of_rule(rule: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a rule."""
    texts = [rule[key]["text"] for key in ("shortDescription", "fullDescription", "help")]
    if not all(each.strip() for each in (rule["id"], *texts, rule["help"]["markdown"])):
        yield "an empty text"
    if len(rule["name"]) > 255 or max(map(len, texts[:2])) > 1_024:
        yield "a text that would be cut"
    if len(rule["properties"]["tags"]) > 10 or "security" not in rule["properties"]["tags"]:
        yield "too many tags, or not the one that shows the severity"
    severity = rule["properties"]["security-severity"]
    if not isinstance(severity, str) or not 0.0 < float(severity) <= 10.0:
        yield "no severity as text"
    if rule["properties"]["precision"] not in {"very-high", "high", "medium", "low"}:
        yield "no precision"


def faults_of_result(found: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a result."""
    if set(found) != _ALLOWED_OF_RESULT:
        yield f"something ignored, or missing: {sorted(set(found) ^ _ALLOWED_OF_RESULT)}"
    if not found["message"]["text"].strip() or not found["partialFingerprints"]["primaryLocationLineHash"]:
        yield "no message or no fingerprint"
    if len(found["locations"]) != 1:
        yield "not one location, of which only the first counts"
    place = found["locations"][0]["physicalLocation"]
    address = urlsplit(place["artifactLocation"]["uri"])
    if address.scheme or address.netloc or not address.path or address.query or address.fragment:
        yield "not a relative path, which would make GitHub refuse the file"
    if address.path.startswith("/") or {"", ".", ".."} & set(address.path.split("/")):
        yield "a path that leads out of the repository"
    region = place["region"]
    if min(region[key] for key in ("startLine", "startColumn", "endLine")) < 1:
        yield "a place before the first line"
    if region["endColumn"] <= region["startColumn"] or region["endLine"] != region["startLine"]:
        yield "not one place in one line"


def identities(run: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what GitHub tells alerts apart by: rule, path and hash."""
    return [
        (
            each["ruleId"],
            each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            each["partialFingerprints"]["primaryLocationLineHash"],
        )
        for each in run["results"]
    ]


def many(number: int, level: Level = Level.WARNING) -> tuple[Finding, ...]:
    """Return as many findings of one check on one resource, each of another cause."""
    return tuple(
        replace(FINDINGS[0], id=f"{level.value[0]}{at:015x}", level=level, message=f"cause {at}")
        for at in range(number)
    )


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", CASES)
def test_nothing_a_platform_refuses_or_shows_wrongly(name: str, platform: str) -> None:
    """Every case keeps to the tables."""
    assert list(faults(written(CASES[name], platform).text)) == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_waived_and_absent_findings_are_left_out_and_said(platform: str) -> None:
    """Both platforms would show them as open."""
    waived, before = written(VIOLATING, platform), run_of(BASELINE, platform)
    name = PROFILES[platform].name
    line = f"1 waived finding left out: {name} would show what is waived as open"

    assert waived.left_out == (line,)
    assert notices(json.loads(waived.text)["runs"][0])[0] == line
    assert "NET-1234" not in waived.text
    gone = f"1 absent finding left out: they are in the baseline alone, and {name} closes what is in a file no more"
    assert len(before["results"]) == 2
    assert notices(before)[0] == gone
    assert written(VIOLATING).left_out == ()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_more_than_a_platform_keeps(platform: str) -> None:
    """The worst 5,000 are there, first those that matter; file and console say how many are not."""
    whole = report(findings=(*many(1), *many(5_200, Level.NOTE), *many(40, Level.ERROR)))
    made = write(whole, read_checks(), PROFILES[platform])
    run = json.loads(made.text)["runs"][0]
    cut = f"{PROFILES[platform].name} takes no more; the worst are here, and the profile full has them all"

    assert list(faults(made.text)) == []
    assert [each["level"] for each in run["results"]] == ["error"] * 40 + ["warning"] + ["note"] * 4_959
    assert len(set(identities(run))) == 5_000
    assert made.left_out == (f"241 findings left out: {cut}",)
    assert notices(run)[0] == made.left_out[0]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_new_findings_come_before_those_of_the_baseline(platform: str) -> None:
    """Where there is no room for all, what a baseline does not have is kept first, within its level."""
    states = ((State.UNCHANGED, Level.ERROR), (State.UNCHANGED, Level.WARNING), (State.NEW, Level.WARNING))
    told = tuple(
        replace(each, state=state, id=f"{state}{each.id}") for state, level in states for each in many(3, level)
    )
    profile = replace(PROFILES[platform], results=5)
    run = json.loads(write(report(findings=told), read_checks(), profile).text)["runs"][0]

    kept = [each["partialFingerprints"]["findingId/v1"] for each in run["results"]]
    assert kept == [each.id for each in (*told[:3], *told[6:8])]


def test_the_profile_full_has_them_all() -> None:
    """It has no limit, and leaves nothing out."""
    made = write(report(findings=many(5_200)), read_checks(), PROFILES["full"])

    assert len(json.loads(made.text)["runs"][0]["results"]) == 5_200
    assert made.left_out == ()


def noise(rng: random.Random, length: int) -> str:
    """Return text that no compression makes small."""
    return rng.randbytes(length // 2).hex()


def test_more_than_a_platform_takes_in_bytes() -> None:
    """A file that is too large once compressed loses its mildest findings until it fits, and says so."""
    rng = random.Random(5)  # noqa: S311 - no secret
    findings = tuple(replace(each, message=noise(rng, 900), fix=noise(rng, 900)) for each in many(300))
    limit = 100_000
    made = write(report(findings=findings), read_checks(), replace(PROFILES["github"], packed=limit))
    kept = json.loads(made.text)["runs"][0]["results"]

    assert len(zlib.compress(made.text.encode())) <= limit
    assert limit * 0.7 < len(zlib.compress(made.text.encode()))
    assert [each["partialFingerprints"]["findingId/v1"] for each in kept] == [each.id for each in findings[: len(kept)]]
    assert made.left_out[0].startswith(f"{300 - len(kept)} findings left out: GitHub takes no more")


def test_five_thousand_of_the_longest_findings_fit() -> None:
    """However long the texts of findings are, a line of a message is bounded, and so is the file."""
    long = replace(FINDINGS[0], message="m" * 9_999, fix="f" * 9_999, evidence=("e" * 9_999,) * 99)
    (found,) = results_of(report(findings=(long,)), "github")

    assert len(found["message"]["text"]) < 6_000


def test_many_gaps_are_cut_and_counted() -> None:
    """The file says how many are not told."""
    gaps = tuple(replace(GAPS[0], scope=f"/subscriptions/{at}") for at in range(800))
    told = notices(run_of(report(gaps=gaps), "github"))

    assert told[-1] == "300 gaps left out: too many"
    assert len(notices(run_of(report(gaps=gaps)))) == 801


def test_two_resources_of_one_name_never_become_one_alert() -> None:
    """Live findings have the whole id in their path: another subscription or group is another path."""
    ids = (f"{NET}/routeTables/rt", f"{NET}/routeTables/rt".replace("1111", "2222"), f"{NET}/routeTables/RT%2Fx y")
    whole = report(findings=tuple(replace(FINDINGS[0], id=str(at), resource=each) for at, each in enumerate(ids)))
    paths = [path for _, path, _ in identities(run_of(whole, "github"))]

    assert len(set(paths)) == 3
    assert paths[0] == (
        "azure/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/rg-net/providers/"
        "microsoft.network/routetables/rt"
    )
    assert paths[2].endswith("/rt%252fx%20y")


def test_findings_on_one_line_of_one_file_stay_apart() -> None:
    """GitHub tells them apart by the fingerprint alone, so that it has to be that of the finding."""
    place = Location(resource=FINDINGS[0].resource.lower(), file="policies.json", line=4, column=5)
    run = run_of(replace(report(findings=many(3)), locations=(place,)), "github")

    assert {path for _, path, _ in identities(run)} == {"policies.json"}
    assert len(set(identities(run))) == 3


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("estate/a.json", "estate/a.json"),
        ("a b/ä#?.json", "a%20b/%C3%A4%23%3F.json"),
        ("c:d/e.json", "c%3Ad/e.json"),
        ("x/\udcff.json", "x/%FF.json"),
    ],
)
def test_files_are_relative_uris(file: str, uri: str) -> None:
    """A name that could be taken for a scheme, a query or another folder is quoted."""
    assert [path for _, path, _ in identities(run_of(at_file(file), "github"))] == [uri]
    assert urlsplit(uri).path == uri
    assert "/" not in unquote(uri.rpartition("/")[2])


@pytest.mark.parametrize("file", ["/tmp/x.json", "C:/x.json", "../x.json", "a/../../x.json"])  # noqa: S108 - only a name
def test_a_file_outside_the_repository_is_not_named_to_a_platform(file: str) -> None:
    """An absolute URI would make GitHub refuse the whole file; the resource's own path takes its place."""
    ((_, path, _),) = identities(run_of(at_file(file), "github"))

    assert path.startswith("azure/subscriptions/")


def test_a_file_outside_the_repository_is_named_to_others() -> None:
    """The profile full has the address an editor can open."""
    ((_, path, _),) = identities(run_of(at_file("/tmp/a b.json")))  # noqa: S108 - only a name

    assert path == "file:///tmp/a%20b.json"
    assert re.fullmatch(r"file:///C%3A/x\.json", identities(run_of(at_file("C:/x.json")))[0][1])


def at_file(file: str) -> Report:
    """Return a report of one finding whose resource stands in a file."""
    place = Location(resource=FINDINGS[0].resource.lower(), file=file, line=4, column=5)
    return replace(report(findings=FINDINGS[:1]), locations=(place,))
