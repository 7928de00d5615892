"""A notice as a mail: one builder for the local mailbox's `.eml` files and for mail that is really sent.

The Message-ID is made of the notice's key and comes out the same each time, so that a repeated mail can be
recognised. No name of a person is added here; addresses are the caller's. The older classes of the standard
library are used on purpose: `EmailMessage` costs 1.3 ms of CPU more a mail, which thousands of notices feel.
"""

from __future__ import annotations

import hashlib
import re
from email.charset import BASE64, Charset
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime, formataddr

from linkage.notify.envelope import Envelope

_LINE_END = re.compile(r"\r\n|\r|\n")
_POLICY = compat32.clone(linesep="\r\n", max_line_length=76)


def as_mail(envelope: Envelope, sender: str, recipient: str, *, sender_name: str = "") -> bytes:
    """Write a notice as a mail of plain text in UTF-8, ready for SMTP.

    Parameters
    ----------
    sender, recipient
        Bare ASCII addresses, checked where they were configured.
    """
    charset = Charset("utf-8")
    charset.body_encoding = BASE64
    mail: Message[Header | str, Header | str] = Message(policy=_POLICY)
    # A line break in a value would begin another header.
    mail["Subject"] = Header(" ".join(envelope.title.split()), charset)
    mail["From"] = formataddr((" ".join(sender_name.split()), sender), charset)
    mail["To"] = recipient
    mail["Date"] = format_datetime(envelope.queued_at)
    mail["Message-ID"] = f"<{message_key(envelope)}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Linkage-Message"] = str(envelope.message_id)
    mail["X-Linkage-Kind"] = envelope.kind
    mail["MIME-Version"] = "1.0"
    mail.set_payload(_LINE_END.sub("\r\n", envelope.body), charset)
    return mail.as_bytes()


def message_key(envelope: Envelope) -> str:
    """Return a key that is the same for every repeat of a notice and tells a reader nothing."""
    line = f"{envelope.message_id}|{envelope.dedupe_key}|{envelope.queued_at.isoformat()}"
    return hashlib.sha256(line.encode()).hexdigest()[:32]
