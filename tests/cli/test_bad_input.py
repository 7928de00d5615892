"""Bad input, each in a process of its own: refused by name, place and remedy, with nothing written and no stack trace."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from linkage.settings import assets_folder
from tests.cli.conftest import OVER, PROJECT, SAMPLES, START, Terminal, contents, spawn

CHARTER = (SAMPLES / "charter.yaml").read_text("utf-8")
SURVEY = (SAMPLES / "survey.csv").read_text("utf-8")
TEN_MISTAKES = (
    ("code: sunshine,", "code: Sun Shine,", "organization.code"),
    ("linkage_mode: social_work_led", "linkage_mode: social_worker_led", "project.linkage_mode"),
    ("to_on: 2024-07-31", "to_on: 2024-06-31", "project.period.to_on"),
    ("target_count: 20}", "target_count: twenty}", "project.beneficiaries.target_count"),
    ("kind: urban", "kind: city", "communities[0].kind"),
    ("duration_minutes: 120", "duration_minute: 120", "services[0].schedule.duration_minute"),
    ("areas: [east]", "areas: [west]", "services[1].areas[0]"),
    ("duty: 提供场地, party: committee-east", "duty: 提供场地, party: committee-west", "responsibilities[1].party"),
    ("ratio_percent: 50, cycle: 0", "ratio_percent: 40, cycle: 0", "tranches"),
    ("scheme: four-bands", "scheme: five-bands", "assessment.scheme"),
)


def _bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"<workbook>" + b" " * (64 * 1024 * 1024))
    return stream.getvalue()


def _truncated() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>" * 500)
    return stream.getvalue()[:3000]


def _wide() -> bytes:
    lines = [",".join((line, *["x"] * (1200 - line.count(",") - 1))) for line in SURVEY.splitlines()]
    return "\n".join(lines).encode()


def _broken_gbk() -> bytes:
    lines = SURVEY.encode("gb18030").splitlines(keepends=True)
    return b"".join((*lines[:2], lines[2].replace("居民乙".encode("gb18030"), b"\xff\xff"), *lines[3:]))


SURVEYS = [
    pytest.param("survey.xlsx", lambda: b"", ("is empty", "Export the survey again"), id="empty"),
    pytest.param("survey.xlsx", _truncated, ("damaged or cut off", "again"), id="truncated"),
    pytest.param("survey.xlsx", _bomb, ("xl/workbook.xml", "ZIP bomb"), id="zip-bomb"),
    pytest.param("survey.xlsx", lambda: b"%PDF-1.7\n" + bytes(99), ("a PDF document", "again"), id="renamed-pdf"),
    pytest.param("survey.csv", _broken_gbk, ("line 3", "GB18030", "UTF-8"), id="gbk-with-a-broken-byte"),
    pytest.param("survey.csv", _wide, ("1200 columns", "200 are too many", "Delete"), id="200-columns-too-many"),
]


@pytest.mark.parametrize(("name", "content", "told"), SURVEYS)
def test_a_bad_survey_file_is_refused_and_nothing_is_written(
    name: str, content: Callable[[], bytes], told: tuple[str, ...], installation: Path, tmp_path: Path
) -> None:
    """A file that cannot be read as a survey is told by name, place and remedy; neither rows nor files come of it."""
    file = tmp_path / name
    file.write_bytes(content())
    before = contents(installation)

    ended = spawn("survey", "import", PROJECT, file, "--source", "paper", "--json", folder=installation, at=START)

    assert ended.status == 1
    assert ended.refusal["error"] == "unreadable_file"
    for words in (str(file), *told):
        assert words in ended.refusal["message"]
    assert contents(installation) == before


def test_ten_mistakes_in_a_charter_are_ten_messages(tmp_path: Path) -> None:
    """Each mistake is told once, with its line, its path, what is wrong and what would be right; nothing is created."""
    text = CHARTER
    for right, wrong, _ in TEN_MISTAKES:
        assert right in text
        text = text.replace(right, wrong, 1)
    file = tmp_path / "charter.yaml"
    file.write_text(text, "utf-8")

    checked = spawn("charter", "check", file, "--json", folder=tmp_path / "data")
    read = spawn("charter", "check", file, folder=tmp_path / "data")
    created = spawn("project", "create", file, "--json", folder=tmp_path / "data")

    assert (checked.status, read.status, created.status) == (1, 1, 1)
    assert sorted(one["path"] for one in checked.json) == sorted(path for _, _, path in TEN_MISTAKES)
    lines = text.splitlines()
    for _, wrong, path in TEN_MISTAKES:
        (told,) = [one for one in checked.json if one["path"] == path]
        assert set(told) == {"line", "path", "message"}
        assert path == "tranches" or wrong in lines[told["line"] - 1]
        assert f"{file}:{told['line']}: {path}: {told['message']}" in read.out
    assert len(created.refusal["reasons"]) == 10
    assert str(file) in created.refusal["message"]
    assert not (tmp_path / "data").exists()


REFUSED = [
    pytest.param(("run", "elder-car", "--inline"), "unknown", "did you mean 'elder-care'?", id="unknown-project"),
    pytest.param(
        ("survey", "close", PROJECT, "--as", "centr"), "unknown", "did you mean 'centre'?", id="unknown-actor"
    ),
    pytest.param(
        ("disbursement", "approve", PROJECT, "frist", "--as", "street"),
        "unknown",
        "did you mean 'first'?",
        id="unknown-tranche",
    ),
    pytest.param(
        ("survey", "import", PROJECT, str(SAMPLES / "survey.csv"), "--source", "papers"),
        "unknown",
        "paper",
        id="unknown-source",
    ),
    pytest.param(("run", PROJECT, "matching", "--inline"), "gate_shut", "matching is not open", id="before-its-gate"),
    pytest.param(("run", PROJECT, "reporting"), "gate_shut", "reporting is not open", id="before-many-gates"),
    pytest.param(("delivery", "close", PROJECT, "--as", "centre"), "gate_shut", "survey", id="close-before-delivery"),
    pytest.param(("scheduling", "accept", PROJECT, "7", "--as", "centre"), "unknown", "shift offer 7", id="no-offer"),
    pytest.param(("trace", "F999"), "unknown", "F999", id="no-figure"),
    pytest.param(("trace", "rows"), "unknown", "such as F12", id="no-trace-id"),
    pytest.param(("status", "--organization", "sunshin"), "unknown", "did you mean 'sunshine'?", id="organisation"),
]


@pytest.mark.parametrize(("command", "error", "told"), REFUSED)
def test_a_refused_command_names_what_is_meant_and_writes_nothing(
    command: tuple[str, ...], error: str, told: str, prepared: Path
) -> None:
    """An unknown name is told with the nearest known one, a shut gate with whose turn it is; nothing is written."""
    before = contents(prepared)

    ended = Terminal(prepared).type(*command)

    assert (ended.status, ended.out) == (1, "")
    assert f"Refused ({error}): " in ended.err
    assert told in ended.err
    assert contents(prepared) == before


def test_a_stage_before_its_gate_and_an_unknown_project_leave_no_trace(installation: Path) -> None:
    """The same from a shell: reasons name each shut condition and whose turn it is."""
    before = contents(installation)

    gate = spawn("run", PROJECT, "scheduling", "--inline", "--json", folder=installation, at=START)

    assert gate.status == 1
    assert gate.refusal["error"] == "gate_shut"
    assert "heard: waits for provider: 0 条需求" in gate.refusal["reasons"]
    assert contents(installation) == before


USAGE = [
    pytest.param(("status", "--jsno"), "--jsno", id="unknown-option"),
    pytest.param(("survey", "close", PROJECT), "--as", id="missing-option"),
    pytest.param(("survey", "import", PROJECT), "FILE", id="missing-argument"),
    pytest.param(("delivery", "rate", PROJECT, "R1", "six", "--as", "centre"), "integer", id="not-a-number"),
    pytest.param(
        ("delivery", "rate", PROJECT, "R1", "6", "--as", "centre"), "less than or equal to 5", id="out-of-range"
    ),
    pytest.param(("delivery", "rate", PROJECT, "first", "5", "--as", "centre"), "R12", id="not-a-record"),
    pytest.param(("run", PROJECT, "matchin"), "'matching'", id="unknown-stage"),
    pytest.param(("assessment", "score", PROJECT, "purchaser", "daily", "--as", "street"), "daily", id="not-a-score"),
    pytest.param(("surveys",), "survey", id="unknown-command"),
]


@pytest.mark.parametrize(("command", "told"), USAGE)
def test_wrong_usage_ends_with_two_and_says_what_was_meant(command: tuple[str, ...], told: str, prepared: Path) -> None:
    """What the command line cannot understand is told on standard error with status 2, before anything is opened."""
    ended = Terminal(prepared).type(*command)

    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err


def test_reading_makes_no_installation(tmp_path: Path) -> None:
    """A mistyped folder is told with its name; it is not filled with an empty database."""
    ended = spawn("status", "--json", folder=tmp_path / "nowhere")

    assert (ended.status, ended.refusal["error"]) == (1, "unknown")
    assert str(tmp_path / "nowhere") in ended.refusal["message"]
    assert "LINKAGE_DATA" in ended.refusal["message"]
    assert not (tmp_path / "nowhere").exists()


def test_postgresql_out_of_reach_is_told_without_its_password(tmp_path: Path) -> None:
    """The address, the driver's reason and the remedy are told; the password is not."""
    address = "postgresql+psycopg://linkage:secret@127.0.0.1:1/linkage"

    ended = spawn("status", "--json", folder=tmp_path / "data", database_url=address)

    assert (ended.status, ended.refusal["error"]) == (1, "database_unreachable")
    assert "127.0.0.1:1/linkage" in ended.refusal["message"]
    assert "database_url" in ended.refusal["message"]
    assert "secret" not in ended.err


def _no_key(folder: Path) -> str:
    (folder / "keys" / "linkage.key").unlink()
    return "linkage.key is missing"


def _torn_key(folder: Path) -> str:
    (folder / "keys" / "linkage.key").write_text("{", "ascii")
    return "not a readable key file"


def _other_database(folder: Path) -> str:
    (folder / "linkage.db").write_bytes(b"This is no database, but a letter. " * 100)
    return "not a database"


def _bad_toml(folder: Path) -> str:
    (folder / "linkage.toml").write_text("mode = inline\n", "utf-8")
    return f"{folder / 'linkage.toml'}: not valid TOML"


def _bad_setting(folder: Path) -> str:
    (folder / "linkage.toml").write_text("[scheduling]\nmax_minutes_per_day = 9999\n", "utf-8")
    return str(folder / "linkage.toml")


SETTINGS = [
    pytest.param(_no_key, "misconfigured_setting", id="key-file-missing"),
    pytest.param(_torn_key, "misconfigured_setting", id="key-file-torn"),
    pytest.param(_other_database, "database_unreachable", id="no-database"),
    pytest.param(_bad_toml, "misconfigured_setting", id="settings-no-toml"),
    pytest.param(_bad_setting, "misconfigured_setting", id="setting-out-of-range"),
]


@pytest.mark.parametrize(("spoil", "error"), SETTINGS)
def test_a_spoilt_installation_is_told_and_left_as_it_is(
    spoil: Callable[[Path], str], error: str, installation: Path
) -> None:
    """What is missing or wrong is named with its file; the installation is not mended by guessing."""
    told = spoil(installation)
    before = {path: path.read_bytes() for path in installation.rglob("*") if path.is_file()}

    ended = spawn("status", "--json", folder=installation, at=START)

    assert (ended.status, ended.refusal["error"]) == (1, error)
    assert told in ended.refusal["message"]
    after = {path: path.read_bytes() for path in installation.rglob("*") if path.is_file()}
    assert {path: content for path, content in after.items() if path in before} == before
    assert not (installation / "keys" / "linkage.key").exists() or error != "misconfigured_setting" or spoil != _no_key


def test_another_installations_keys_open_nothing(installation: Path, tmp_path: Path) -> None:
    """A key file of another installation is told as such; sealed values are not shown as rubbish."""
    other = spawn("project", "create", SAMPLES / "charter.yaml", folder=tmp_path / "other", at=START)
    assert other.status == 0
    shutil.copy(tmp_path / "other" / "keys" / "linkage.key", installation / "keys" / "linkage.key")

    ended = spawn("notices", "--json", folder=installation, at=START)

    assert (ended.status, ended.refusal["error"]) == (1, "misconfigured_setting")
    assert "restore the right one" in ended.refusal["message"]


def _broken_templates(folder: Path) -> Path:
    """Copy the templates, with one word of the report's page that nobody gives."""
    copied = Path(shutil.copytree(assets_folder("templates"), folder / "templates"))
    page = copied / "documents" / "report" / "report.html.j2"
    text = page.read_text("utf-8")
    assert text.count("{% endblock %}") > 0
    page.write_text(text.replace("{% endblock %}", "{{ nobody_gives_this }}{% endblock %}"), "utf-8")
    return copied


@pytest.mark.xdist_group("commands")
def test_a_template_that_does_not_render_and_a_full_disk_leave_no_paper(at_the_end: Terminal, tmp_path: Path) -> None:
    """The template is named with its place, the full disk with its remedy; no half file, and it can be tried again."""
    folder = at_the_end.folder
    run = ("run", PROJECT, "--inline", "--json")
    at_the_end.do("delivery", "close", PROJECT, "--as", "centre")
    templates = _broken_templates(tmp_path)

    torn = spawn(*run, folder=folder, at=OVER, templates_folder=str(templates))
    counted = contents(folder) | {"project": None}  # its clock's hand moves, nothing else
    full = spawn(*run, folder=folder, at=OVER, limit_bytes=150_000)

    assert (torn.status, torn.refusal["error"]) == (1, "template_fault")
    assert "nobody_gives_this" in torn.refusal["message"]
    assert "report" in torn.refusal["message"]
    assert (full.status, full.refusal["error"]) == (1, "cannot_write")
    assert "report/report.typ: File too large; free some space" in full.refusal["message"]
    assert not any(path.is_file() for path in (folder / "documents").rglob("*"))
    assert contents(folder) | {"project": None} == counted
    done = spawn(*run, folder=folder, at=OVER)
    assert done.status == 0
    assert done.json[-1]["summary"]["documents"] == 2
