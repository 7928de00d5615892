"""Mail that tells why it failed: Apprise's mail plugin, with the server's own answers read.

Apprise says only that a mail did not go. Here a refused recipient, a wrong password and a busy server are told
apart, and the mail's Message-ID is the same for every repeat. Imported only when a message really leaves.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from typing import Any

from apprise.plugins.email import NotifyEmail

from linkage.notify.answers import without_secrets
from linkage.notify.envelope import SENT, Delivery, Envelope, failed
from linkage.notify.mail import as_mail
from linkage.terms import AttemptOutcome

_TIMEOUT_SECONDS = 15.0


class CheckedEmail(NotifyEmail):  # type: ignore[no-untyped-call]  # Apprise's base has no annotations
    """One mail to one address."""

    secure_protocol = "linkage-email"
    protocol = "linkage-email"
    verdict: Delivery | None = None
    envelope: Envelope | None = None
    sender_name: str = ""

    def send(self, *_: Any, **__: Any) -> bool:
        """Send the envelope's mail; True only if the server took it for its recipient."""
        if self.envelope is None:
            message = "the mail's envelope was not given"
            raise ValueError(message)
        sender, recipient = str(self.from_addr[1]), str(self.targets[0][1])
        mail = as_mail(self.envelope, sender, recipient, sender_name=self.sender_name)
        self.verdict = self._sent(sender, recipient, mail)
        return self.verdict.is_sent

    def _sent(self, sender: str, recipient: str, content: bytes) -> Delivery:
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            return self._not_connected(error)
        try:
            server.sendmail(sender, [recipient], content)
        except (OSError, smtplib.SMTPException) as error:
            return self._not_taken(error, recipient)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()
        return SENT

    def _connected(self) -> smtplib.SMTP:
        """Open the connection, encrypted as the provider asks, and sign in."""
        context = ssl.create_default_context()
        host, port = str(self.smtp_host), int(self.port or 0)
        server = (
            smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=context)
            if self.secure_mode == "ssl"
            else smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
        )
        try:
            if self.secure_mode == "starttls":
                server.starttls(context=context)
            server.login(str(self.user), str(self.password))
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _not_connected(self, error: Exception) -> Delivery:
        """Say why no mail was offered: a wrong password is for good, all else may pass."""
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return self._answered(error.smtp_code, error.smtp_error, AttemptOutcome.REFUSED)
        if isinstance(error, smtplib.SMTPResponseException):
            return self._answered(error.smtp_code, error.smtp_error, AttemptOutcome.FAILED)
        return failed(f"the mail server cannot be used: {type(error).__name__}")

    def _not_taken(self, error: Exception, recipient: str) -> Delivery:
        """Say why a mail that was offered was not confirmed."""
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, text = error.recipients[recipient]
            return self._answered(code, text, AttemptOutcome.UNDELIVERABLE)
        if isinstance(error, smtplib.SMTPSenderRefused):
            return self._answered(error.smtp_code, error.smtp_error, AttemptOutcome.REFUSED)
        if isinstance(error, smtplib.SMTPResponseException):
            return self._answered(error.smtp_code, error.smtp_error, AttemptOutcome.UNDELIVERABLE)
        reason = f"the line broke before the mail server confirmed: {type(error).__name__}"
        return Delivery(AttemptOutcome.IN_DOUBT, reason)

    def _answered(self, code: int, text: bytes | str, permanent: AttemptOutcome) -> Delivery:
        """Read a reply: 5xx is for good, 4xx may pass (RFC 5321 4.2.1)."""
        words = text.decode(errors="replace") if isinstance(text, bytes) else text
        reason = without_secrets(f"{code} {words}", (str(self.password),))
        return Delivery(permanent if 500 <= code < 600 else AttemptOutcome.FAILED, reason)
