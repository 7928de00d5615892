"""What is handed to a channel, and what a channel answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Envelope:
    """One rendered notice to one recipient; the text never enters a log."""

    message_id: int
    dedupe_key: str
    channel: str
    kind: str
    recipient: str
    title: str = field(repr=False)
    body: str = field(repr=False)
    queued_at: datetime


@dataclass(frozen=True)
class Delivery:
    """A channel's answer: sent, failed (try again), or refused for good."""

    is_sent: bool
    is_final: bool = False
    error: str | None = None
