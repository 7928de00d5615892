"""Sending over Apprise to ends on loopback: robots that refuse under HTTP 200, and a mail server."""

from __future__ import annotations

import base64
import email
import hashlib
import hmac
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from linkage.notify import hosts, robots
from linkage.notify.channels import Outlet
from linkage.notify.envelope import SENT
from linkage.notify.hosts import MailServer
from linkage.notify.sending import send_outside
from linkage.terms import AttemptOutcome, ChannelType, MailProvider
from tests.notify.test_mailbox import ENVELOPE
from tests.notify.vendor import OK, Answer, Vendor, a_vendor

TOKEN = "693axxx67aoc4bc4"
FAILED, DOUBT, REFUSED = AttemptOutcome.FAILED, AttemptOutcome.IN_DOUBT, AttemptOutcome.REFUSED


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """Run a vendor on loopback and lead every robot there: by the class, which no configuration reaches."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with a_vendor() as running:
        for robot, place in (
            (robots.CheckedWeComBot, "/wecom?key={key}"),
            (robots.CheckedDingTalk, "/dingtalk?access_token={token}"),
            (robots.CheckedFeishu, "/feishu/{token}"),
            (robots.CheckedLark, "/lark/"),
            (robots.CheckedServerChan, "/{token}.send"),
        ):
            monkeypatch.setattr(robot, "notify_url", running.address + place)
        monkeypatch.setattr(robots.Checked, "answer_seconds", 0.3)
        yield running


def outlet(kind: ChannelType, secret: str | None = None) -> Outlet:
    """Build a robot's outlet."""
    return Outlet(kind, TOKEN, secret)


@pytest.mark.parametrize(
    ("kind", "document", "path"),
    [
        pytest.param(ChannelType.WECOM_BOT, {"errcode": 0, "errmsg": "ok"}, "/wecom", id="wecom"),
        pytest.param(ChannelType.DINGTALK, {"errcode": 0, "errmsg": "ok"}, "/dingtalk", id="dingtalk"),
        pytest.param(ChannelType.FEISHU, {"code": 0, "msg": "success"}, f"/feishu/{TOKEN}", id="feishu"),
        pytest.param(ChannelType.LARK, {"code": 0, "msg": "success"}, f"/lark/{TOKEN}", id="lark"),
    ],
)
def test_robot_takes_title_and_body(vendor: Vendor, kind: ChannelType, document: object, path: str) -> None:
    """A robot is given title and body as one text, at its own address, and its confirmation counts."""
    vendor.answers = [Answer(document)]

    assert send_outside(outlet(kind), ENVELOPE) == SENT
    assert [request[0] for request in vendor.requests] == [path]
    assert vendor.texts == [f"{ENVELOPE.title}\n{ENVELOPE.body.rstrip()}"]


def test_serverchan_takes_a_short_title_and_the_body(vendor: Vendor) -> None:
    """Server 酱 has a title of its own, of at most 32 characters."""
    vendor.answers = [Answer({"code": 0, "message": ""})]

    assert send_outside(outlet(ChannelType.SERVERCHAN), replace(ENVELOPE, title="字" * 40)) == SENT
    ((path, _, form),) = vendor.requests
    assert (path, form["title"], form["desp"]) == (f"/{TOKEN}.send", ["字" * 32], [ENVELOPE.body.rstrip()])


@pytest.mark.parametrize("kind", [ChannelType.WECOM_BOT, ChannelType.DINGTALK, ChannelType.FEISHU, ChannelType.LARK])
def test_refusal_under_http_200_is_no_delivery(vendor: Vendor, kind: ChannelType) -> None:
    """Apprise alone reports these as sent; the vendor's own words are kept, without the token."""
    vendor.answers = [Answer({"errcode": 45009, "errmsg": f"limit {TOKEN}", "code": 11232, "msg": f"limit {TOKEN}"})]

    delivery = send_outside(outlet(kind), ENVELOPE)

    assert delivery.outcome is FAILED
    assert "limit ***" in (delivery.error or "")


def test_apprise_alone_takes_the_refusal_for_success(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the checked plugins exist; should Apprise learn to read the answer, this says that they may go."""
    from apprise.plugins.wecombot import NotifyWeComBot

    monkeypatch.setattr(NotifyWeComBot, "notify_url", vendor.address + "/wecom?key={key}")
    vendor.answers = [Answer({"errcode": 93000, "errmsg": "invalid webhook url"})]

    assert NotifyWeComBot(key=TOKEN).notify(body="您好") is True
    assert send_outside(outlet(ChannelType.WECOM_BOT), ENVELOPE).outcome is REFUSED


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        pytest.param(Answer({"errcode": 93000, "errmsg": "invalid webhook url"}), REFUSED, "93000", id="bad-key"),
        pytest.param(Answer({}, 500), FAILED, "HTTP 500", id="5xx"),
        pytest.param(Answer(b"\xff\xfe", 200), FAILED, "result code", id="not-json"),
        pytest.param(Answer(fault="late"), DOUBT, "ReadTimeout", id="timeout"),
        pytest.param(Answer(fault="reset"), DOUBT, "ConnectionError", id="reset"),
        pytest.param(Answer({}, fault="redirect"), FAILED, "HTTP 302", id="redirect"),
    ],
)
def test_fault_is_told_apart(vendor: Vendor, answer: Answer, outcome: AttemptOutcome, reason: str) -> None:
    """Refused for good, failed for now, or in doubt: each needs another treatment; no redirect is followed."""
    vendor.answers = [answer]

    delivery = send_outside(outlet(ChannelType.WECOM_BOT), ENVELOPE)

    assert delivery.outcome is outcome
    assert reason in (delivery.error or "")
    assert TOKEN not in (delivery.error or "")
    assert len(vendor.requests) == 1


def test_vendor_that_cannot_be_reached_has_taken_nothing(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is a failure, not a doubt: the message never left."""
    monkeypatch.setattr(robots.CheckedWeComBot, "notify_url", "http://127.0.0.1:1/{key}")

    delivery = send_outside(outlet(ChannelType.WECOM_BOT), ENVELOPE)

    assert delivery.outcome is FAILED
    assert TOKEN not in (delivery.error or "")


def test_long_text_goes_out_in_parts_that_fit(vendor: Vendor) -> None:
    """企业微信 takes 2,048 bytes a message: nothing is lost and each part says which it is."""
    lines = [f"第{number}班次：送餐，请于上午十点前到达社区食堂" for number in range(80)]

    assert send_outside(outlet(ChannelType.WECOM_BOT), replace(ENVELOPE, body="\n".join(lines))) == SENT
    assert [text[:5] for text in vendor.texts] == ["（1/3）", "（2/3）", "（3/3）"]
    assert all(len(text.encode()) <= 2048 for text in vendor.texts)
    assert all(line in "\n".join(vendor.texts) for line in lines)


def test_part_that_fails_after_another_leaves_doubt(vendor: Vendor) -> None:
    """A notice of which only a part arrived is neither sent nor unsent."""
    vendor.answers = [OK, Answer({"errcode": -1, "errmsg": "busy"})]

    delivery = send_outside(outlet(ChannelType.WECOM_BOT), replace(ENVELOPE, body="字" * 2000))

    assert delivery.outcome is DOUBT
    assert "1 of 4 parts arrived" in (delivery.error or "")


def test_dingtalk_signature_is_quoted_once(vendor: Vendor) -> None:
    """Apprise quotes the signature twice, which DingTalk answers with 310000; ours arrives as it was computed."""
    assert send_outside(outlet(ChannelType.DINGTALK, "SECabc"), ENVELOPE) == SENT
    ((_, query, _),) = vendor.requests
    line = f"{query['timestamp'][0]}\nSECabc".encode()
    assert query["sign"] == [base64.b64encode(hmac.digest(b"SECabc", line, hashlib.sha256)).decode()]
    assert query["access_token"] == [TOKEN]


def test_feishu_signature_is_in_the_message(vendor: Vendor) -> None:
    """A Feishu robot with signature checks the time and a digest keyed by time and secret."""
    vendor.answers = [Answer({"code": 0})]

    assert send_outside(outlet(ChannelType.FEISHU, "geheim"), ENVELOPE) == SENT
    ((_, _, document),) = vendor.requests
    key = f"{document['timestamp']}\ngeheim".encode()
    assert document["sign"] == base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()


def test_logs_hold_neither_text_nor_token(vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    """Ids and outcomes are logged, words and secrets are not, at any level."""
    vendor.answers = [OK, Answer({"errcode": 93000, "errmsg": "x"})]
    with caplog.at_level(logging.DEBUG):
        send_outside(outlet(ChannelType.DINGTALK, "SECabc"), ENVELOPE)
        send_outside(outlet(ChannelType.WECOM_BOT), ENVELOPE)

    assert "message 7 attempt 1 over dingtalk" in caplog.text
    own = "\n".join(record.getMessage() for record in caplog.records if record.name.split(".")[0] != "urllib3")
    for word in (TOKEN, "SECabc", "覃月英", ENVELOPE.title):
        assert word not in own
    assert "覃月英" not in caplog.text


class MailEnd:
    """A real SMTP end that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.password = b""
        self.refusal = ""

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802 - aiosmtpd calls it so
        """Take a recipient, unless the test says otherwise."""
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        """Keep a mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append((envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content))
        return "250 OK"

    def authenticate(self, _: SMTP, __: Session, ___: Any, ____: str, data: Any) -> AuthResult:
        """Check the password as it arrives."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == self.password, handled=False)


@pytest.fixture
def mail_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailEnd]:
    """Run an SMTP end on loopback in the place of one provider's server."""
    end = MailEnd()
    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd does not say which port it was given
        port = free.getsockname()[1]
    controller = Controller(
        end,
        hostname="127.0.0.1",
        port=port,
        authenticator=end.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    monkeypatch.setitem(hosts.MAIL_SERVERS, MailProvider.QQ, MailServer("127.0.0.1", port, "insecure"))
    yield end
    controller.stop()


MAIL = Outlet(
    ChannelType.EMAIL,
    provider=MailProvider.QQ,
    user="office+a@example.org",
    password="p@ss:/?#%41 wort",
    sender_name="五社联动项目组（鼓楼）",
    to="street@example.org",
)


def test_mail_arrives_with_its_chinese_words(mail_end: MailEnd) -> None:
    """A real mail is received, and the standard library reads subject, names and body as they were written."""
    mail_end.password = MAIL.password.encode()

    assert send_outside(MAIL, ENVELOPE) == SENT
    ((sender, recipients, content),) = mail_end.mails
    assert (sender, recipients) == ("office+a@example.org", ["street@example.org"])
    assert mail_end.logins == [(b"office+a@example.org", b"p@ss:/?#%41 wort")]
    mail = email.message_from_bytes(content, policy=default)
    body = mail.get_body()
    assert body is not None
    assert (mail["Subject"], body.get_content().replace("\r\n", "\n")) == (ENVELOPE.title, ENVELOPE.body)
    assert mail["From"].addresses[0].display_name == "五社联动项目组（鼓楼）"
    assert mail["X-Linkage-Message"] == "7"
    assert mail.defects == []


def test_repeated_mail_can_be_recognised(mail_end: MailEnd) -> None:
    """A repeat carries the same Message-ID, and another notice another one."""
    mail_end.password = MAIL.password.encode()
    for envelope in (ENVELOPE, replace(ENVELOPE, attempt=2), replace(ENVELOPE, message_id=8)):
        send_outside(MAIL, envelope)

    first, again, other = (
        email.message_from_bytes(content, policy=default)["Message-ID"] for _, _, content in mail_end.mails
    )
    assert first == again != other
    assert first.endswith("@example.org>")


@pytest.mark.parametrize(
    ("refusal", "password", "outcome"),
    [
        pytest.param("550 no such user", MAIL.password, AttemptOutcome.UNDELIVERABLE, id="no-such-recipient"),
        pytest.param("451 try later", MAIL.password, FAILED, id="busy"),
        pytest.param("", "wrong", REFUSED, id="wrong-password"),
    ],
)
def test_mail_server_answers_are_told_apart(
    mail_end: MailEnd, refusal: str, password: str, outcome: AttemptOutcome
) -> None:
    """A recipient that does not exist is not the channel's fault; a wrong password is, and stays."""
    mail_end.password, mail_end.refusal = MAIL.password.encode(), refusal

    delivery = send_outside(replace(MAIL, password=password), ENVELOPE)

    assert delivery.outcome is outcome
    assert mail_end.mails == []
    assert password not in (delivery.error or "")


def test_mail_server_that_is_down_has_taken_nothing(mail_end: MailEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection may pass."""
    monkeypatch.setitem(hosts.MAIL_SERVERS, MailProvider.QQ, MailServer("127.0.0.1", 1, "insecure"))

    assert send_outside(MAIL, ENVELOPE).outcome is FAILED


def test_real_servers_are_reached_by_tls_only() -> None:
    """No provider's server is spoken to in clear, and none is a bare address."""
    assert set(hosts.MAIL_SERVERS) == set(MailProvider)
    for server in hosts.MAIL_SERVERS.values():
        assert server.mode in {"ssl", "starttls"}
        assert not server.host.replace(".", "").isdigit()
    for robot in (robots.CheckedWeComBot, robots.CheckedDingTalk, robots.CheckedFeishu, robots.CheckedLark):
        assert robot.notify_url.startswith("https://")
