"""What a tag means: the mailbox unless configured, and one line for all tags of a robot or account."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from linkage.errors import InvalidFile, UnreadableFile
from linkage.notify.channels import Channels
from linkage.settings import Settings
from linkage.terms import AttemptOutcome, ChannelType
from tests.notify.test_channel_file import ENVIRONMENT, EXAMPLE
from tests.notify.test_mailbox import ENVELOPE

SHARED = """\
channels: 1
accounts:
  - {code: office, provider: qq, user: office@example.org, password: geheim}
tags:
  - {tag: street, type: email, account: office, to: street@example.org}
  - {tag: market, type: email, account: office, to: market@example.org}
  - {tag: group, type: wecom_bot, token: geheim-1}
  - {tag: lead, type: wecom_bot, token: geheim-1}
  - {tag: other, type: wecom_bot, token: geheim-2}
  - {tag: quiet, type: mailbox}
"""


def configured(settings: Settings, text: str) -> Channels:
    """Open channels with a file in the default place."""
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    (settings.data_folder / "apprise.yaml").write_text(text, encoding="utf-8")
    return Channels.open(settings, {})


def test_without_a_file_everything_goes_to_the_mailbox(sqlite_settings: Settings) -> None:
    """Out of the box nothing leaves the machine, whatever the tag."""
    channels = Channels.open(sqlite_settings, {})

    assert channels.outside_tags == frozenset()
    assert channels.line("purchaser") is None
    assert channels.send(ENVELOPE).outcome is AttemptOutcome.SENT
    assert len(list((sqlite_settings.data_folder / "mailbox").rglob("*.eml"))) == 1


def test_tags_of_one_robot_or_account_share_a_line(sqlite_settings: Settings) -> None:
    """Rates and breakdowns belong to the robot or account, however many tags lead to it."""
    channels = configured(sqlite_settings, SHARED)

    assert {(line.code, line.type, line.tags) for line in channels.lines} == {
        ("email:market", ChannelType.EMAIL, frozenset({"street", "market"})),
        ("wecom_bot:group", ChannelType.WECOM_BOT, frozenset({"group", "lead"})),
        ("wecom_bot:other", ChannelType.WECOM_BOT, frozenset({"other"})),
    }
    assert channels.line("quiet") is None
    assert channels.line("unknown") is None


def test_secrets_are_not_shown(sqlite_settings: Settings) -> None:
    """No token or password stands in what a log line or a traceback would print."""
    assert "geheim" not in repr(configured(sqlite_settings, SHARED))


def test_named_file_must_exist(sqlite_settings: Settings, tmp_path: Path) -> None:
    """A file that the settings name is used, and told if it is missing."""
    settings = sqlite_settings.model_copy(update={"channels_file": EXAMPLE})
    assert len(Channels.open(settings, ENVIRONMENT).lines) == 5

    settings = sqlite_settings.model_copy(update={"channels_file": tmp_path / "gone.yaml"})
    with pytest.raises(UnreadableFile):
        Channels.open(settings, {})


def test_mistaken_file_stops_sending(sqlite_settings: Settings) -> None:
    """A file with mistakes is refused: a notice for a group must not fall into the mailbox unseen."""
    with pytest.raises(InvalidFile):
        configured(sqlite_settings, SHARED.replace("geheim-2", "geheim 2"))


def test_mailbox_alone_does_not_import_apprise(tmp_path: Path) -> None:
    """Apprise costs more than a second; it is imported only when a message really leaves."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from linkage.notify.channels import Channels\n"
        "from linkage.notify.outbox import deliver\n"
        "from linkage.db.work import Work\n"
        "from linkage.settings import load_settings\n"
        "work = Work.open(load_settings({}, data_folder=Path(sys.argv[1])))\n"
        "deliver(work, work.now())\n"
        "work.close()\n"
        "assert 'apprise' not in sys.modules and 'requests' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "data")], check=True, timeout=60)
