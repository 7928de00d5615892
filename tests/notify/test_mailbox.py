"""The local mailbox: files a person can open, one notice once, and nothing outside its folder."""

from __future__ import annotations

import email
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest

from linkage.notify.envelope import Envelope
from linkage.notify.mailbox import write_to_mailbox
from linkage.terms import AttemptOutcome
from tests.notify.conftest import NOW

ENVELOPE = Envelope(
    message_id=7,
    attempt=1,
    dedupe_key="matching/match_offered:run-1:party-2",
    channel="mailbox",
    kind="matching/match_offered",
    box=("center", "street"),
    title="【确认】鼓楼食堂：匹配结果",
    body="您好：\n\n  覃月英等 306 位老人的匹配已完成。\n",
    queued_at=NOW,
)


def files(folder: Path) -> list[str]:
    """List every file under a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_notice_is_a_mail_and_a_text_anybody_can_open(tmp_path: Path) -> None:
    """The .eml is read back by the standard library with its Chinese words; the .txt is plain UTF-8."""
    answers = write_to_mailbox(tmp_path, [ENVELOPE])

    name = "center/street/000007-matching-match_offered"
    assert [answer.outcome for answer in answers] == [AttemptOutcome.SENT]
    assert files(tmp_path) == [f"{name}.eml", f"{name}.txt"]
    mail = email.message_from_bytes((tmp_path / f"{name}.eml").read_bytes(), policy=default)
    body = mail.get_body()
    assert body is not None
    assert (mail["Subject"], body.get_content().replace("\r\n", "\n")) == (ENVELOPE.title, ENVELOPE.body)
    assert mail["To"] == "street@linkage.invalid"
    assert mail["Date"].datetime == NOW
    assert mail.defects == []
    assert (tmp_path / f"{name}.txt").read_text("utf-8") == f"{ENVELOPE.title}\n\n{ENVELOPE.body}"


def test_notice_sent_again_is_found_once(tmp_path: Path) -> None:
    """A repeat writes the same files with the same content, Message-ID included."""
    write_to_mailbox(tmp_path, [ENVELOPE])
    first = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    write_to_mailbox(tmp_path, [replace(ENVELOPE, attempt=2)])

    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == first


@pytest.mark.parametrize(
    "box",
    [
        pytest.param(("..", ".."), id="parents"),
        pytest.param(("/etc", "passwd"), id="root"),
        pytest.param(("center", "../../x"), id="climbing"),
        pytest.param(("center", ""), id="empty"),
        pytest.param(("center", ".hidden"), id="hidden"),
        pytest.param(("center", "a\x00b\nc"), id="control"),
        pytest.param(("center", "街道办事处" * 24), id="long-chinese"),
        pytest.param(("center", "a@b.c <x>"), id="address"),
    ],
)
def test_box_stays_inside_the_mailbox(tmp_path: Path, box: tuple[str, ...]) -> None:
    """Whatever a recipient's code looks like, its box lies in the mailbox folder and its mail can be read."""
    folder = tmp_path / "deep" / "mailbox"
    answers = write_to_mailbox(folder, [replace(ENVELOPE, box=box)])

    assert [answer.outcome for answer in answers] == [AttemptOutcome.SENT]
    written = files(tmp_path)
    assert len(written) == 2
    assert all(name.startswith("deep/mailbox/") and "/." not in name for name in written)
    mail = email.message_from_bytes(next(path for path in folder.rglob("*.eml")).read_bytes(), policy=default)
    assert mail["To"].addresses[0].domain == "linkage.invalid"


def test_boxes_of_codes_that_look_alike_differ(tmp_path: Path) -> None:
    """Codes that fit no file name do not fall together once they are made to."""
    write_to_mailbox(tmp_path, [replace(ENVELOPE, box=("a", code)) for code in ("b/c", "b c", "b-c", "b:c")])

    assert len({path.parent for path in tmp_path.rglob("*.eml")}) == 4


def test_title_cannot_add_a_header(tmp_path: Path) -> None:
    """A line break in a title stays in the subject's line."""
    write_to_mailbox(tmp_path, [replace(ENVELOPE, title="拨付\r\nBcc: all@example.org")])

    mail = email.message_from_bytes(next(tmp_path.rglob("*.eml")).read_bytes(), policy=default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "拨付 Bcc: all@example.org"


def test_notice_that_cannot_be_written_fails_alone(tmp_path: Path) -> None:
    """A box that cannot be written harms no other, leaves no half file, and may be tried again."""
    (tmp_path / "center").mkdir()
    (tmp_path / "center" / "blocked").write_text("a file where a folder is meant")
    boxes = [("center", "street"), ("center", "blocked"), ("center", "market")]
    answers = write_to_mailbox(tmp_path, [replace(ENVELOPE, box=box) for box in boxes])

    assert [answer.outcome for answer in answers] == [AttemptOutcome.SENT, AttemptOutcome.FAILED, AttemptOutcome.SENT]
    assert "cannot be written" in (answers[1].error or "")
    assert [name for name in files(tmp_path) if "part" in name or "blocked/" in name] == []


def test_nothing_written_before_the_disk_fills_is_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full at any step, no half file stands under a final name and the notice is not sent."""
    import errno
    import os

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:

            def full(*_: object, **__: object) -> None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            patch.setattr(os, name, full)
            answers = write_to_mailbox(tmp_path / name, [ENVELOPE])

        assert [answer.outcome for answer in answers] == [AttemptOutcome.FAILED], name
        assert "No space left" in (answers[0].error or "")
        assert files(tmp_path / name) == []
        assert [answer.outcome for answer in write_to_mailbox(tmp_path / name, [ENVELOPE])] == [AttemptOutcome.SENT]
        assert len(files(tmp_path / name)) == 2
