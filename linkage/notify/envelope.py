"""What is handed to a channel, and what a channel answers; nothing here sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from linkage.terms import AttemptOutcome


@dataclass(frozen=True)
class Envelope:
    """One rendered notice to one recipient; the text never enters a log.

    Parameters
    ----------
    attempt
        The ordinal of the attempt this envelope was taken for; a later attempt supersedes it.
    channel
        The tag the notice was queued for.
    box
        Where the recipient's local box stands: organisation, for a person the project, and the recipient.
    """

    message_id: int
    attempt: int
    dedupe_key: str
    channel: str
    kind: str
    box: tuple[str, ...]
    title: str = field(repr=False)
    body: str = field(repr=False)
    queued_at: datetime


@dataclass(frozen=True)
class Delivery:
    """A channel's answer to one attempt."""

    outcome: AttemptOutcome
    error: str | None = None

    @property
    def is_sent(self) -> bool:
        """Say whether the receiver took it."""
        return self.outcome is AttemptOutcome.SENT

    @property
    def is_final(self) -> bool:
        """Say whether trying again cannot help."""
        return self.outcome in {AttemptOutcome.REFUSED, AttemptOutcome.UNDELIVERABLE}


SENT = Delivery(AttemptOutcome.SENT)


def failed(reason: str) -> Delivery:
    """Return a failure that may pass."""
    return Delivery(AttemptOutcome.FAILED, reason)
