"""Group robots whose silence is checked: Apprise's plugins, with the vendor's answer read.

Each class sends as its Apprise plugin does, to the host that is fixed there, without following redirects, and
keeps the verdict. Imported only when a message really leaves; whether and when is decided elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, ClassVar
from urllib.parse import urlencode

import requests
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.serverchan import NotifyServerChan
from apprise.plugins.wecombot import NotifyWeComBot
from urllib3.exceptions import ProtocolError

from linkage.notify.answers import read_answer
from linkage.notify.envelope import Delivery, failed
from linkage.terms import AttemptOutcome, ChannelType

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 10.0


class Checked:
    """Asks a vendor and keeps what the answer means."""

    kind: ClassVar[ChannelType]
    verdict: Delivery | None = None
    token: str = ""
    secret: str | None = None
    answer_seconds = _ANSWER_SECONDS

    def ask(self, address: str, *, document: dict[str, Any] | None = None, form: dict[str, str] | None = None) -> bool:
        """Post one message; True only if the vendor confirmed it."""
        content: bytes | dict[str, str] | None = form
        headers = {"User-Agent": "linkage"}
        if document is not None:
            content = json.dumps(document, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json; charset=utf-8"
        self.verdict = self._asked(address, content, headers)
        return self.verdict.is_sent

    def _asked(self, address: str, content: bytes | dict[str, str] | None, headers: dict[str, str]) -> Delivery:
        # A requests exception quotes the address, which holds the token: only its kind is told.
        try:
            answer = requests.post(
                address,
                data=content,
                headers=headers,
                timeout=(_CONNECT_SECONDS, self.answer_seconds),
                allow_redirects=False,
            )
        except (requests.ReadTimeout, requests.exceptions.ChunkedEncodingError) as error:
            return _in_doubt(error)
        except requests.ConnectionError as error:
            if error.args and isinstance(error.args[0], ProtocolError):
                return _in_doubt(error)
            return failed(f"the vendor cannot be reached: {type(error).__name__}")
        except requests.RequestException as error:
            return failed(f"the vendor cannot be asked: {type(error).__name__}")
        return read_answer(self.kind, answer.status_code, answer.content, (self.token, self.secret or ""))


def _in_doubt(error: requests.RequestException) -> Delivery:
    reason = f"the line broke before the vendor answered: {type(error).__name__}"
    return Delivery(AttemptOutcome.IN_DOUBT, reason)


class CheckedWeComBot(Checked, NotifyWeComBot):  # type: ignore[no-untyped-call]  # Apprise's base has no annotations
    """企业微信: `{"errcode": 93000, "errmsg": …}` under HTTP 200."""

    kind = ChannelType.WECOM_BOT
    secure_protocol = "linkage-wecom-bot"

    def send(self, body: str, *_: Any, **__: Any) -> bool:
        """Send one part."""
        self.token = self.key
        return self.ask(self.api_url, document={"msgtype": "text", "text": {"content": body}})


class CheckedDingTalk(Checked, NotifyDingTalk):  # type: ignore[no-untyped-call]  # Apprise's base has no annotations
    """钉钉: `errcode` under HTTP 200.

    Apprise quotes the signature and lets requests quote it again, which DingTalk answers with 310000; here it is
    quoted once.
    """

    kind = ChannelType.DINGTALK
    secure_protocol = "linkage-dingtalk"

    def send(self, body: str, *_: Any, **__: Any) -> bool:
        """Send one part."""
        address = self.notify_url.format(token=self.token)
        if self.secret:
            timestamp = str(round(time.time() * 1000))
            line = f"{timestamp}\n{self.secret}"
            sign = base64.b64encode(hmac.digest(self.secret.encode(), line.encode(), hashlib.sha256)).decode()
            address += f"&{urlencode({'timestamp': timestamp, 'sign': sign})}"
        return self.ask(address, document={"msgtype": "text", "text": {"content": body}})


class _Feishu(Checked):
    """What 飞书 and Lark share: `code` under HTTP 200, and a signature in the message."""

    def message(self, body: str) -> dict[str, Any]:
        """Return the request's content, signed if the robot asks for it."""
        document: dict[str, Any] = {"msg_type": "text", "content": {"text": body}}
        if self.secret:
            timestamp = str(int(time.time()))
            key = f"{timestamp}\n{self.secret}"
            sign = base64.b64encode(hmac.digest(key.encode(), b"", hashlib.sha256)).decode()
            document |= {"timestamp": timestamp, "sign": sign}
        return document


class CheckedFeishu(_Feishu, NotifyFeishu):  # type: ignore[no-untyped-call]  # Apprise's base has no annotations
    """飞书's group robot."""

    kind = ChannelType.FEISHU
    secure_protocol = "linkage-feishu"

    def send(self, body: str, *_: Any, **__: Any) -> bool:
        """Send one part."""
        return self.ask(self.notify_url.format(token=self.token), document=self.message(body))


class CheckedLark(_Feishu, NotifyLark):  # type: ignore[no-untyped-call]  # Apprise's base has no annotations
    """Lark's group robot."""

    kind = ChannelType.LARK
    secure_protocol = "linkage-lark"

    def send(self, body: str, *_: Any, **__: Any) -> bool:
        """Send one part."""
        return self.ask(self.webhook_url, document=self.message(body))


class CheckedServerChan(Checked, NotifyServerChan):  # type: ignore[no-untyped-call]  # Apprise's base has no annotations
    """Server 酱: `code` in the body, a title of at most 32 characters."""

    kind = ChannelType.SERVERCHAN
    secure_protocol = "linkage-serverchan"

    def send(self, body: str, title: str = "", *_: Any, **__: Any) -> bool:
        """Send one part."""
        return self.ask(self.notify_url.format(token=self.token), form={"title": title[:32], "desp": body})
