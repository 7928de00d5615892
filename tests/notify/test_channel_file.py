"""The channels file: fields instead of addresses, secrets from the environment, all mistakes at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linkage.errors import InvalidFile, UnreadableFile
from linkage.notify.channel_file import check_channels, load_channels
from linkage.settings import assets_folder
from linkage.terms import ChannelType

EXAMPLE = assets_folder("config") / "apprise.example.yaml"
ENVIRONMENT = {
    "LINKAGE_MAIL_PASSWORD": "p@ss:/?#%41 wort",
    "LINKAGE_VOLUNTEERS_WECOM_KEY": "693axxx6-7aoc-4bc4",
    "LINKAGE_COMMUNITY_DINGTALK_TOKEN": "abc123",
    "LINKAGE_COMMUNITY_DINGTALK_SECRET": "SECabc123",
    "LINKAGE_PROVIDER_FEISHU_TOKEN": "1234-abcd",
    "LINKAGE_LEAD_SERVERCHAN_KEY": "SCT123",
}


def test_example_is_sound() -> None:
    """The example that is shipped is read without a mistake once its variables are set."""
    record, problems = check_channels(EXAMPLE.read_bytes(), ENVIRONMENT)

    assert problems == ()
    assert record is not None
    assert [entry.type for entry in record.tags] == [
        ChannelType.EMAIL,
        ChannelType.WECOM_BOT,
        ChannelType.DINGTALK,
        ChannelType.FEISHU,
        ChannelType.SERVERCHAN,
        ChannelType.MAILBOX,
    ]


MISTAKES = """\
channels: 1
accounts:
  - code: office
    provider: tencent
    user: office
    password: x
    password_env: LINKAGE_MAIL_PASSWORD
tags:
  - tag: purchaser
    type: email
    account: offise
    to: a@example.org, b@example.org
  - tag: volunteers
    type: wecombot
    token_env: LINKAGE_UNSET
  - tag: purchaser
    type: wecom_bot
    token: https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1
  - tag: community
    type: dingtalk
    tokn_env: LINKAGE_UNSET
    host: 10.0.0.1
  - tag: mailbox
    type: feishu
    token_env: 1234-abcd
    to: a@example.org
  - tag: lead
    type: serverchan
"""


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    """Fourteen mistakes, fourteen messages, each with its line and what would be right."""
    record, problems = check_channels(MISTAKES, ENVIRONMENT)

    assert record is None
    expected = [
        (4, "accounts[0].provider", "'tencent' is not known.*exmail .腾讯企业邮."),
        (5, "accounts[0].user", "is not one mail address"),
        (6, "accounts[0].password", "'password' or 'password_env', not both"),
        (11, "tags[0].account", "did you mean 'office'"),
        (12, "tags[0].to", "is not one mail address"),
        (14, "tags[1].type", "did you mean 'wecom_bot'"),
        (16, "tags[2].tag", "already given on line 9"),
        (18, "tags[2].token", "without the address around it"),
        (21, "tags[3].token_env", "variable LINKAGE_UNSET is not set"),
        (21, "tags[3].tokn_env", "did you mean 'token_env'"),
        (22, "tags[3].host", "unknown key 'host'"),
        (23, "tags[4].tag", "always means the local mailbox"),
        (25, "tags[4].token_env", "no name of an environment variable"),
        (26, "tags[4].to", "does not belong to feishu"),
        (27, "tags[5]", "'token_env' is missing"),
    ]
    assert [(problem.line, problem.path) for problem in problems] == [(line, path) for line, path, _ in expected]
    for problem, (_, _, pattern) in zip(problems, expected, strict=True):
        assert re.search(pattern, problem.message), problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("- a\n", "must begin with 'channels: 1'", id="list"),
        pytest.param("channels: 2\n", "not allowed", id="version"),
        pytest.param("channels: 1\ntags:\n\t- tag: a\n", "tab", id="tab"),
        pytest.param("channels: 1\nurls:\n  - json://10.0.0.1\n", "unknown key 'urls'", id="apprise-urls"),
        pytest.param("channels: 1\ntags:\n  - json://10.0.0.1\n", "mapping", id="address-as-entry"),
        pytest.param("channels: 1\ntags:\n  - {tag: a, type: json, token: x}\n", "'json' is not known", id="scheme"),
        pytest.param(
            "channels: 1\ntags:\n  - {tag: a, type: wecom_bot, token: 'x@10.0.0.1'}\n", "not spelt", id="host-in-token"
        ),
        pytest.param(
            "channels: 1\ntags:\n  - {tag: a, type: lark, token: 'x?cto=1'}\n", "not spelt", id="query-in-token"
        ),
        pytest.param("channels: 1\ntags:\n  - {tag: a, type: email}\n", "'to' is missing", id="no-address"),
    ],
)
def test_mistake_is_told(text: str, message: str) -> None:
    """Each mistake is told; none lets a host, scheme or parameter of the writer's choice through."""
    record, problems = check_channels(text, {})

    assert record is None
    assert any(message in str(problem) for problem in problems), problems


def test_secret_values_are_never_told() -> None:
    """A wrong secret is named by its place, not by its value."""
    text = "channels: 1\ntags:\n  - {tag: a, type: dingtalk, token: 'HUNTER+2', secret_env: S}\n"

    _, problems = check_channels(text, {"S": "HUNTER 3"})

    assert len(problems) == 2
    assert "HUNTER" not in str(problems)


def test_missing_file_is_told(tmp_path: Path) -> None:
    """A file that the settings name and that is not there is an error, not an empty configuration."""
    with pytest.raises(UnreadableFile, match=r"nothing\.yaml cannot be read"):
        load_channels(tmp_path / "nothing.yaml", {})


def test_file_with_mistakes_is_refused_with_all_reasons(tmp_path: Path) -> None:
    """Loading refuses a file with mistakes and gives one reason for each."""
    path = tmp_path / "apprise.yaml"
    path.write_text(MISTAKES, encoding="utf-8")

    with pytest.raises(InvalidFile, match="15 mistakes") as caught:
        load_channels(path, ENVIRONMENT)
    assert len(caught.value.reasons) == 15
