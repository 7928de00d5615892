"""Which channel a tag means, and sending over it.

A tag that is not configured means the local mailbox, so that nothing leaves a newcomer's machine by surprise.
When a message may go, and what happens after an answer, is decided by the outbox. Apprise is imported only when
a message really leaves the machine: it costs more than a second.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linkage.notify.channel_file import ChannelFile, Entry, load_channels, secret_value
from linkage.notify.envelope import Delivery, Envelope
from linkage.notify.hosts import LIMITS, Limits
from linkage.notify.mailbox import write_to_mailbox
from linkage.settings import Settings
from linkage.terms import ChannelType, MailProvider

DEFAULT_FILE = "apprise.yaml"


@dataclass(frozen=True)
class Line:
    """One robot or one mail account: what rates, limits and breakdowns belong to.

    Parameters
    ----------
    code
        A word for logs and notices; it tells nothing of the token.
    tags
        The tags that lead to it.
    """

    code: str
    type: ChannelType
    tags: frozenset[str]

    @property
    def limits(self) -> Limits:
        """Return what it carries."""
        return LIMITS[self.type]


@dataclass(frozen=True)
class Outlet:
    """Everything needed to send over one tag."""

    type: ChannelType
    token: str = field(default="", repr=False)
    secret: str | None = field(default=None, repr=False)
    provider: MailProvider | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    sender_name: str = ""
    to: str = ""


@dataclass(frozen=True)
class Channels:
    """The channels of an installation."""

    mailbox_folder: Path
    lines: tuple[Line, ...] = ()
    outlets: Mapping[str, Outlet] = field(default_factory=dict)

    @classmethod
    def open(cls, settings: Settings, environment: Mapping[str, str] | None = None) -> Channels:
        """Read the channels file in force; without one everything goes to the local mailbox.

        Parameters
        ----------
        environment
            Where secrets are looked up; defaults to the process environment.

        Raises
        ------
        UnreadableFile
            The file that the settings name does not exist or may not be read.
        InvalidFile
            The file has mistakes; `reasons` holds one line for each.
        """
        mailbox = settings.data_folder / "mailbox"
        path = settings.channels_file or settings.data_folder / DEFAULT_FILE
        if settings.channels_file is None and not path.is_file():
            return cls(mailbox)
        environment = os.environ if environment is None else environment
        lines, outlets = _read(load_channels(path, environment), environment)
        return cls(mailbox, lines, outlets)

    def line(self, tag: str) -> Line | None:
        """Return the line a tag leads to; None means the local mailbox."""
        return next((line for line in self.lines if tag in line.tags), None)

    @property
    def outside_tags(self) -> frozenset[str]:
        """Return the tags whose messages leave this machine and whose receivers cannot tell a repeat."""
        return frozenset(tag for line in self.lines for tag in line.tags)

    def write(self, envelopes: Sequence[Envelope]) -> tuple[Delivery, ...]:
        """Put notices into the local mailbox; answers in the same order."""
        return write_to_mailbox(self.mailbox_folder, envelopes)

    def send(self, envelope: Envelope) -> Delivery:
        """Send one notice over its tag; a channel's refusal is an answer, not an exception."""
        outlet = self.outlets.get(envelope.channel)
        if outlet is None:
            return self.write([envelope])[0]
        from linkage.notify.sending import send_outside

        return send_outside(outlet, envelope)


def _read(file: ChannelFile, environment: Mapping[str, str]) -> tuple[tuple[Line, ...], dict[str, Outlet]]:
    """Gather tags that share a robot or an account into one line."""
    outlets = {
        entry.tag: _outlet(entry, file, environment) for entry in file.tags if entry.type is not ChannelType.MAILBOX
    }
    shared: dict[tuple[str, ...], list[str]] = {}
    for tag, outlet in outlets.items():
        shared.setdefault((outlet.type, outlet.token, outlet.provider or "", outlet.user), []).append(tag)
    lines = tuple(
        Line(f"{outlets[tags[0]].type.value}:{min(tags)}", outlets[tags[0]].type, frozenset(tags))
        for tags in shared.values()
    )
    return lines, outlets


def _outlet(entry: Entry, file: ChannelFile, environment: Mapping[str, str]) -> Outlet:
    if entry.type is not ChannelType.EMAIL:
        token = secret_value(entry, "token", environment) or ""
        return Outlet(entry.type, token, secret_value(entry, "secret", environment))
    account = next(account for account in file.accounts if account.code == entry.account)
    return Outlet(
        entry.type,
        provider=account.provider,
        user=account.user,
        password=secret_value(account, "password", environment) or "",
        sender_name=account.sender_name or "",
        to=entry.to or "",
    )


def line_number(line: Line) -> int:
    """Return a number that stands for a line in a database lock."""
    return int.from_bytes(hashlib.sha256(line.code.encode()).digest()[:7])
