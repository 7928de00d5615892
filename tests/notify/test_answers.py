"""A vendor's HTTP 200 is not a delivery: the body says what happened."""

from __future__ import annotations

import json

import pytest

from linkage.notify.answers import read_answer
from linkage.terms import AttemptOutcome, ChannelType

SENT, FAILED = AttemptOutcome.SENT, AttemptOutcome.FAILED
REFUSED, LOST, DOUBT = AttemptOutcome.REFUSED, AttemptOutcome.UNDELIVERABLE, AttemptOutcome.IN_DOUBT


@pytest.mark.parametrize(
    ("kind", "status", "document", "outcome", "reason"),
    [
        pytest.param("wecom_bot", 200, {"errcode": 0, "errmsg": "ok"}, SENT, None, id="wecom-ok"),
        pytest.param(
            "wecom_bot", 200, {"errcode": 93000, "errmsg": "invalid webhook url"}, REFUSED, "93000", id="wecom-key"
        ),
        pytest.param(
            "wecom_bot", 200, {"errcode": 45009, "errmsg": "api freq out of limit"}, FAILED, "freq", id="wecom-rate"
        ),
        pytest.param("wecom_bot", 200, {"errcode": -1, "errmsg": "系统繁忙"}, FAILED, "系统繁忙", id="wecom-busy"),
        pytest.param("wecom_bot", 200, {"errcode": 40058, "errmsg": "invalid"}, LOST, "40058", id="wecom-text"),
        pytest.param("wecom_bot", 200, {"errcode": "0"}, SENT, None, id="code-as-text"),
        pytest.param("wecom_bot", 200, {"errcode": False}, FAILED, "without a result code", id="code-as-flag"),
        pytest.param("wecom_bot", 200, {}, FAILED, "without a result code", id="no-code"),
        pytest.param("wecom_bot", 200, "<html>登录上网</html>", FAILED, "without a result code", id="captive-portal"),
        pytest.param("wecom_bot", 200, [0], FAILED, "without a result code", id="list"),
        pytest.param("wecom_bot", 500, {"errcode": 0}, FAILED, "HTTP 500", id="status-against-code"),
        pytest.param("wecom_bot", 502, "", FAILED, "HTTP 502", id="gateway"),
        pytest.param("wecom_bot", 504, "", DOUBT, "504", id="gateway-timeout"),
        pytest.param("wecom_bot", 302, "", FAILED, "HTTP 302", id="redirect"),
        pytest.param("dingtalk", 200, {"errcode": 310000, "errmsg": "sign not match"}, REFUSED, "sign", id="ding-sign"),
        pytest.param("dingtalk", 200, {"errcode": 130101, "errmsg": "send too fast"}, FAILED, "fast", id="ding-rate"),
        pytest.param("feishu", 200, {"code": 0, "msg": "success"}, SENT, None, id="feishu-ok"),
        pytest.param("feishu", 200, {"StatusCode": 0, "StatusMessage": "success"}, SENT, None, id="feishu-old"),
        pytest.param("feishu", 400, {"code": 19001, "msg": "token invalid"}, REFUSED, "token", id="feishu-token"),
        pytest.param("feishu", 200, {"code": 19024, "msg": "Key Words Not Found"}, LOST, "Key", id="feishu-keyword"),
        pytest.param("lark", 200, {"code": 11232, "msg": "frequency limited"}, FAILED, "frequency", id="lark-rate"),
        pytest.param("serverchan", 200, {"code": 0, "message": ""}, SENT, None, id="serverchan-ok"),
        pytest.param("serverchan", 400, {"code": 40001, "message": "key 错误"}, REFUSED, "key", id="serverchan-key"),
    ],
)
def test_answer_is_read_from_the_body(
    kind: str, status: int, document: object, outcome: AttemptOutcome, reason: str | None
) -> None:
    """Only the vendor's own confirmation is success; known codes are for good, unknown ones may pass."""
    content = document.encode() if isinstance(document, str) else json.dumps(document).encode()

    delivery = read_answer(ChannelType(kind), status, content)

    assert delivery.outcome is outcome
    assert (delivery.error is None) == (reason is None)
    assert reason is None or reason in (delivery.error or "")


def test_reason_is_short_one_line_and_without_secrets() -> None:
    """A vendor that repeats the token, or answers at length, does not get it into our rows."""
    content = json.dumps({"errcode": 5, "errmsg": "key SECRET1\nbad " + "字" * 900}).encode()

    delivery = read_answer(ChannelType.WECOM_BOT, 200, content, ("SECRET1", ""))

    assert delivery.error is not None
    assert "SECRET1" not in delivery.error
    assert "\n" not in delivery.error
    assert len(delivery.error) == 200
