"""The local mailbox: a folder a recipient, with each notice as a real `.eml` and a `.txt` a person can open.

The default channel: nothing leaves the machine. A notice's files are named by its id, so that sending it again
writes the same files and nobody finds it twice.
"""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from linkage.documents.writing import write_whole
from linkage.notify.envelope import Delivery, Envelope

_UNSAFE = re.compile(r"[^\w.-]+")
_DOMAIN = "linkage.invalid"


def write_to_mailbox(folder: Path, envelope: Envelope) -> Delivery:
    """Write one notice into its recipient's folder.

    Raises
    ------
    CannotWrite
        If the disk is full or the folder may not be written.
    """
    box = folder / _UNSAFE.sub("-", envelope.recipient)
    name = f"{envelope.message_id:06d}-{_UNSAFE.sub('-', envelope.kind)}"
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = envelope.title
    mail["From"] = f"linkage@{_DOMAIN}"
    mail["To"] = f"{_UNSAFE.sub('-', envelope.recipient)}@{_DOMAIN}"
    mail["Date"] = format_datetime(envelope.queued_at)
    mail["Message-ID"] = f"<{envelope.message_id}@{_DOMAIN}>"
    mail["X-Linkage-Kind"] = envelope.kind
    mail.set_content(envelope.body, cte="base64")
    text = f"{envelope.title}\n\n{envelope.body}"
    write_whole(box, {f"{name}.eml": mail.as_bytes(), f"{name}.txt": text.encode()})
    return Delivery(is_sent=True)
