"""The channels file: what each tag means, as a person writes it in YAML.

A tag's entry names a type and its fields; addresses of servers are never written, they are fixed by type in
`linkage.notify.hosts`. Everything wrong is told at once with its line. Secrets stand in the environment, named
by `…_env`, or in this file, which is not tracked. Nothing is sent here and Apprise is not imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from linkage.errors import InvalidFile, UnreadableFile
from linkage.schemas.draft import EACH, Draft, suggestion
from linkage.schemas.problem import Location, Problem, in_order
from linkage.schemas.record import Code, Name, Record, Reference
from linkage.schemas.validation import read_record
from linkage.schemas.yaml_source import read_yaml
from linkage.terms import ChannelType, MailProvider

_ROBOTS: Final = frozenset(ChannelType) - {ChannelType.MAILBOX, ChannelType.EMAIL}
_SIGNED: Final = frozenset({ChannelType.DINGTALK, ChannelType.FEISHU, ChannelType.LARK})
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")
_TOKEN: Final = (re.compile(r"[A-Za-z0-9_-]{1,200}"), "letters, digits, '-' and '_', without the address around it")
_LETTERS: Final = (re.compile(r"[A-Za-z0-9]{1,200}"), "letters and digits, without the address around it")
_SECRET: Final = (re.compile(r"[A-Za-z0-9_-]{1,200}"), "letters, digits, '-' and '_'")
_PASSWORD: Final = (re.compile(r"[^\x00-\x1f\x7f]{1,200}"), "one line of at most 200 characters")
_TOKENS: Final = {ChannelType.DINGTALK: _LETTERS, ChannelType.SERVERCHAN: _LETTERS}
"""What Apprise accepts for each type, so that a value that passes here is never refused later."""
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class Account(Record):
    """A mail account that sends; several tags may use it."""

    code: Code = Field(description="账号代码，供 tags 引用")
    provider: MailProvider = Field(description="邮箱服务商；服务器地址由程序固定")
    user: Name = Field(description="发件邮箱地址")
    password: Name | None = Field(default=None, repr=False, description="授权码（不推荐直接写在文件里）")
    password_env: Name | None = Field(default=None, description="存放授权码的环境变量名")
    sender_name: Name | None = Field(default=None, description="收件人看到的发件人名称")


class Entry(Record):
    """What one tag means."""

    tag: Code = Field(description="标签，对应项目章程里 contact.tag")
    type: ChannelType = Field(description="渠道类型")
    account: Reference | None = Field(default=None, description="email：使用哪个发件账号")
    to: Name | None = Field(default=None, description="email：收件地址（一个标签一个地址）")
    token: Name | None = Field(default=None, repr=False, description="机器人的 key 或 access_token（不推荐直接写）")
    token_env: Name | None = Field(default=None, description="存放 token 的环境变量名")
    secret: Name | None = Field(default=None, repr=False, description="加签密钥（钉钉、飞书）")
    secret_env: Name | None = Field(default=None, description="存放加签密钥的环境变量名")


class ChannelFile(Record):
    """All channels of an installation."""

    channels: Literal[1] = Field(description="文件格式版本")
    accounts: tuple[Account, ...] = Field(default=(), description="发件账号")
    tags: tuple[Entry, ...] = Field(default=(), description="各标签的渠道；没有写的标签都进本地信箱")


def check_channels(
    text: str | bytes, environment: Mapping[str, str], source: str = "channels"
) -> tuple[ChannelFile | None, tuple[Problem, ...]]:
    """Read a channels file and tell every problem, sorted by line; the record is None when there is one.

    Parameters
    ----------
    environment
        Where `…_env` names are looked up; values are never told.
    """
    read = read_yaml(text)
    if read.value is not None and not isinstance(read.value, dict):
        return None, (Problem(1, "", f"{source} is no channels file: it must begin with 'channels: 1'"),)
    record, draft = read_record(read, ChannelFile)
    if read.value is not None:
        _check_repeats(draft, "accounts", "code")
        _check_repeats(draft, "tags", "tag")
        _check_accounts(draft, environment)
        _check_tags(draft, environment)
    problems = in_order(draft.problems)
    return (None if problems else record), problems


def load_channels(path: Path, environment: Mapping[str, str]) -> ChannelFile:
    """Read a sound channels file.

    Raises
    ------
    UnreadableFile
        The file does not exist or may not be read.
    InvalidFile
        The file has mistakes; `reasons` holds one line for each.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"channels file {path} cannot be read: {error.strerror}; check channels_file"
        raise UnreadableFile(message) from error
    record, problems = check_channels(content, environment, path.name)
    if record is None:
        message = f"channels file {path} has {len(problems)} mistakes; correct them, nothing is sent until then"
        raise InvalidFile(message, [str(problem) for problem in problems])
    return record


def secret_value(record: Account | Entry, field: str, environment: Mapping[str, str]) -> str | None:
    """Return a secret from the file or from the environment variable it names."""
    direct: str | None = getattr(record, field)
    name: str | None = getattr(record, f"{field}_env")
    return environment.get(name) if name is not None else direct


def _check_repeats(draft: Draft, section: str, field: str) -> None:
    seen: dict[str, Location] = {}
    for location, code in draft.find(section, EACH, field):
        first = seen.setdefault(code, location)
        if first != location:
            line = draft.source.line(first)
            draft.tell(location, f"{field} '{code}' was already given on line {line}; give each its own")


def _check_accounts(draft: Draft, environment: Mapping[str, str]) -> None:
    for location, _ in draft.items("accounts", EACH):
        _check_secret(draft, location, "password", environment, _PASSWORD)
        _check_address(draft, (*location, "user"))


def _check_tags(draft: Draft, environment: Mapping[str, str]) -> None:
    accounts = draft.codes("accounts", EACH, "code") or {}
    for location, entry in draft.items("tags", EACH):
        word = draft.get((*location, "type"))
        if word not in list(ChannelType):
            continue  # told already: missing or unknown
        kind = ChannelType(word)
        if draft.get((*location, "tag")) == ChannelType.MAILBOX and kind is not ChannelType.MAILBOX:
            draft.tell((*location, "tag"), "the tag 'mailbox' always means the local mailbox; choose another word")
        _check_foreign_fields(draft, location, entry, kind)
        if kind is ChannelType.EMAIL:
            _check_mail(draft, location, accounts)
        elif kind in _ROBOTS:
            _check_secret(draft, location, "token", environment, _TOKENS.get(kind, _TOKEN))
            if kind in _SIGNED:
                spelling = _LETTERS if kind is ChannelType.DINGTALK else _SECRET
                _check_secret(draft, location, "secret", environment, spelling, is_needed=False)


def _check_foreign_fields(draft: Draft, location: Location, entry: Mapping[str, object], kind: ChannelType) -> None:
    own: set[str] = set()
    if kind is ChannelType.EMAIL:
        own = {"account", "to"}
    elif kind in _ROBOTS:
        own = {"token", "token_env"} | ({"secret", "secret_env"} if kind in _SIGNED else set())
    for field in entry:
        if field in Entry.model_fields and field not in {"tag", "type", *own}:
            takes = f"it takes {', '.join(sorted(own))}" if own else "it takes no more fields"
            draft.tell((*location, field), f"'{field}' does not belong to {kind.value} ({kind.label}); {takes}")


def _check_mail(draft: Draft, location: Location, accounts: Mapping[str, Location]) -> None:
    account = draft.get((*location, "account"))
    if account is None and draft.is_sound((*location, "account")):
        draft.tell(location, "'account' is missing; name one of the accounts")
    elif account is not None and account not in accounts:
        draft.tell((*location, "account"), f"'{account}' is not among the accounts; {suggestion(account, accounts)}")
    if draft.get((*location, "to")) is None and draft.is_sound((*location, "to")):
        draft.tell(location, "'to' is missing; write the one address this tag means")
    _check_address(draft, (*location, "to"))


def _check_address(draft: Draft, location: Location) -> None:
    address = draft.get(location)
    if isinstance(address, str) and not _ADDRESS.fullmatch(address):
        draft.tell(location, f"'{address}' is not one mail address such as office@example.org")


def _check_secret(
    draft: Draft,
    location: Location,
    field: str,
    environment: Mapping[str, str],
    spelling: tuple[re.Pattern[str], str],
    *,
    is_needed: bool = True,
) -> None:
    """A secret comes from one place, is there, and is spelt as the channel wants it; its value is never told."""
    direct, named = (*location, field), (*location, f"{field}_env")
    if not (draft.is_sound(direct) and draft.is_sound(named)):
        return
    value, name = draft.get(direct), draft.get(named)
    if value is not None and name is not None:
        draft.tell(direct, f"give '{field}' or '{field}_env', not both")
    elif value is None and name is None:
        if is_needed:
            draft.tell(location, f"'{field}_env' is missing; name the environment variable that holds the {field}")
    elif name is not None and not _ENVIRONMENT_NAME.fullmatch(name):
        draft.tell(named, f"this is no name of an environment variable; write the {field} itself under '{field}'")
    elif name is not None and not environment.get(name):
        draft.tell(named, f"the environment variable {name} is not set; set it where Linkage runs")
    else:
        pattern, meant = spelling
        if not pattern.fullmatch(str(value) if name is None else environment[name]):
            draft.tell(direct if name is None else named, f"the {field} is not spelt as expected: {meant}")
