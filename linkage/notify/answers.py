"""What a robot's answer means: group robots say HTTP 200 even when they refuse, and put the truth in the body.

Apprise reports such a refusal as success. Here the body is read: code 0 is success, known codes are refusals for
good, everything else may pass. A line that broke after the message went out leaves it in doubt. Nothing is sent
here and no secret is kept in a reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from linkage.notify.envelope import SENT, Delivery, failed
from linkage.terms import AttemptOutcome, ChannelType

_LONGEST_REASON = 200


@dataclass(frozen=True)
class Wording:
    """How one vendor words its answers.

    Parameters
    ----------
    code_fields, text_fields
        Where the code and its text stand; the first present one counts.
    refused
        Codes for a token, signature or setting that stays wrong until a person mends it.
    undeliverable
        Codes for this notice alone; the robot itself works.
    """

    code_fields: tuple[str, ...]
    text_fields: tuple[str, ...]
    refused: frozenset[int]
    undeliverable: frozenset[int] = frozenset()


_FEISHU: Final = Wording(
    ("code", "StatusCode"),
    ("msg", "StatusMessage"),
    # 19001 token, 19021 signature or clock, 19022 address not allowed, 19024 keyword missing
    refused=frozenset({19001, 19021, 19022}),
    undeliverable=frozenset({19024}),
)
WORDINGS: Final[dict[ChannelType, Wording]] = {
    # 93000 no such webhook, 93004 robot taken out, 93008 not in the group; 40058 and 44004 refuse this text alone
    ChannelType.WECOM_BOT: Wording(
        ("errcode",),
        ("errmsg",),
        refused=frozenset({93000, 93004, 93008}),
        undeliverable=frozenset({40058, 44004}),
    ),
    # 300001 and 310000: token, signature, address or keyword; 400101 and 400102: no such robot, robot stopped
    ChannelType.DINGTALK: Wording(
        ("errcode",), ("errmsg",), refused=frozenset({300001, 300005, 310000, 400101, 400102})
    ),
    ChannelType.FEISHU: _FEISHU,
    ChannelType.LARK: _FEISHU,
    # 40001: wrong key
    ChannelType.SERVERCHAN: Wording(("code", "errno"), ("message", "errmsg"), refused=frozenset({40001})),
}


def read_answer(kind: ChannelType, status: int, content: bytes, secrets: Sequence[str] = ()) -> Delivery:
    """Say what an HTTP answer of a vendor means.

    Parameters
    ----------
    secrets
        Struck out of the vendor's text.
    """
    wording = WORDINGS[kind]
    answer = _parsed(content)
    code = next((_number(answer[name]) for name in wording.code_fields if name in answer), None)
    if code == 0 and status == 200:
        return SENT
    if code in {None, 0}:
        if status == 504:
            return Delivery(AttemptOutcome.IN_DOUBT, "HTTP 504: the vendor's gateway gave up waiting")
        reason = f"HTTP {status}" if status != 200 else "HTTP 200 without a result code"
        return failed(f"{reason}; the vendor did not confirm the message")
    text = next((str(answer[name]) for name in wording.text_fields if name in answer), "")
    reason = without_secrets(f"{code} {text}".strip(), secrets)
    if code in wording.refused:
        return Delivery(AttemptOutcome.REFUSED, reason)
    if code in wording.undeliverable:
        return Delivery(AttemptOutcome.UNDELIVERABLE, reason)
    return failed(reason)


def without_secrets(text: str, secrets: Sequence[str]) -> str:
    """Return a reason on one line, short, with secrets struck out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return value if isinstance(value, int) else None
