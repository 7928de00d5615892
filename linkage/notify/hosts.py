"""Where channels live: hosts, limits and rates, fixed in code by type so that no file can point elsewhere.

A server that a person could name in a file would let them reach hosts inside the network (reliability: 86 of
Apprise's 202 schemes take one). Robots' addresses stand in Apprise's own plugins; mail servers stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from linkage.terms import ChannelType, MailProvider


@dataclass(frozen=True)
class MailServer:
    """A provider's server for sending."""

    host: str
    port: int
    mode: Literal["ssl", "starttls", "insecure"]


@dataclass(frozen=True)
class Limits:
    """What a channel carries.

    Parameters
    ----------
    part_bytes
        UTF-8 bytes of one message; longer text is cut. None: no limit that a notice reaches.
    per_minute
        Messages one robot or account may send in 60 s. None: none known.
    """

    part_bytes: int | None = None
    per_minute: int | None = None


MAIL_SERVERS: Final[dict[MailProvider, MailServer]] = {
    # The providers' help pages name these, all with TLS from the first byte (read 2026-11).
    MailProvider.EXMAIL: MailServer("smtp.exmail.qq.com", 465, "ssl"),
    MailProvider.QQ: MailServer("smtp.qq.com", 465, "ssl"),
    MailProvider.NETEASE_163: MailServer("smtp.163.com", 465, "ssl"),
    MailProvider.NETEASE_126: MailServer("smtp.126.com", 465, "ssl"),
    MailProvider.NETEASE_QIYE: MailServer("smtphz.qiye.163.com", 465, "ssl"),
    MailProvider.ALIYUN_QIYE: MailServer("smtp.qiye.aliyun.com", 465, "ssl"),
}

LIMITS: Final[dict[ChannelType, Limits]] = {
    ChannelType.EMAIL: Limits(per_minute=60),  # example, unverified: providers publish daily limits only
    ChannelType.WECOM_BOT: Limits(2048, 20),  # 企业微信 group robot: text of 2,048 bytes, 20 a minute
    ChannelType.DINGTALK: Limits(15_000, 20),  # 20 a minute, then silence for ten; size: example, unverified
    ChannelType.FEISHU: Limits(15_000, 100),  # 100 a minute; a request of 20 kB with its JSON
    ChannelType.LARK: Limits(15_000, 100),
    ChannelType.SERVERCHAN: Limits(30_000, 20),  # 32 kB of text; rate: example, unverified
}
