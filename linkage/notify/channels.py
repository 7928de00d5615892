"""Which channel a tag means, and sending over it.

A tag that is not configured means the local mailbox, so that nothing leaves a newcomer's machine by surprise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from linkage.notify.envelope import Delivery, Envelope
from linkage.notify.mailbox import write_to_mailbox
from linkage.settings import Settings


@dataclass(frozen=True)
class Channels:
    """The channels of an installation."""

    mailbox_folder: Path
    outside_tags: frozenset[str] = frozenset()

    @classmethod
    def open(cls, settings: Settings) -> Channels:
        """Read the channel configuration."""
        return cls(settings.data_folder / "mailbox")

    def tells_repeats(self, tag: str) -> bool:
        """Say whether the receiver recognises a repeated message by its key."""
        return tag not in self.outside_tags

    def send(self, envelope: Envelope) -> Delivery:
        """Send one notice; a channel's refusal is an answer, not an exception."""
        return write_to_mailbox(self.mailbox_folder, envelope)
