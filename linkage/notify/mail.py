"""A notice as a mail: one builder for the local mailbox's `.eml` files and for mail that is really sent.

The Message-ID is made of the notice's key and comes out the same each time, so that a repeated mail can be
recognised. No name of a person is added here; addresses are the caller's.
"""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from linkage.notify.envelope import Envelope


def as_mail(envelope: Envelope, sender: Address, recipient: Address) -> EmailMessage:
    """Write a notice as a mail of plain text in UTF-8."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = " ".join(envelope.title.split())  # a line break would end the header
    mail["From"] = sender
    mail["To"] = recipient
    mail["Date"] = format_datetime(envelope.queued_at)
    mail["Message-ID"] = f"<{message_key(envelope)}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Linkage-Message"] = str(envelope.message_id)
    mail["X-Linkage-Kind"] = envelope.kind
    mail.set_content(envelope.body, cte="base64")
    return mail


def message_key(envelope: Envelope) -> str:
    """Return a key that is the same for every repeat of a notice and tells a reader nothing."""
    line = f"{envelope.message_id}|{envelope.dedupe_key}|{envelope.queued_at.isoformat()}"
    return hashlib.sha256(line.encode()).hexdigest()[:32]
