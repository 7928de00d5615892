"""Sending over Apprise: one object a message, one message a recipient, the vendor's answer as the result.

The plugins are our checked ones, under names of our own, so that nothing is sent by a plugin that takes a
refusal for success. They are built from fields, not from an address that would have to be quoted. Nothing here
decides when to send; nothing here logs a text, an address or a secret.
"""

from __future__ import annotations

import logging
import warnings
from functools import cache
from typing import Any, Final
from urllib.parse import quote

with warnings.catch_warnings():
    # Apprise looks for a module that Python 3.13 dropped; that it is old is no news to our users.
    warnings.filterwarnings("ignore", message="'imghdr'", category=DeprecationWarning)
    from apprise import Apprise, AppriseAsset, NotificationManager

    from linkage.notify import robots, smtp

from linkage.notify.channels import Outlet
from linkage.notify.envelope import SENT, Delivery, Envelope
from linkage.notify.hosts import LIMITS, MAIL_SERVERS
from linkage.notify.parts import in_parts
from linkage.terms import AttemptOutcome, ChannelType

logger = logging.getLogger(__name__)

_PLUGINS: Final[dict[ChannelType, Any]] = {
    ChannelType.EMAIL: smtp.CheckedEmail,
    ChannelType.WECOM_BOT: robots.CheckedWeComBot,
    ChannelType.DINGTALK: robots.CheckedDingTalk,
    ChannelType.FEISHU: robots.CheckedFeishu,
    ChannelType.LARK: robots.CheckedLark,
    ChannelType.SERVERCHAN: robots.CheckedServerChan,
}


def send_outside(outlet: Outlet, envelope: Envelope) -> Delivery:
    """Send one notice, in as many parts as the channel needs.

    If a later part fails after an earlier one arrived, the whole is in doubt: sending it again repeats the
    earlier part.
    """
    limit = LIMITS[outlet.type].part_bytes
    title = envelope.title if outlet.type in {ChannelType.EMAIL, ChannelType.SERVERCHAN} else ""
    text = envelope.body if title else f"{envelope.title}\n{envelope.body}"
    parts = in_parts(text, limit) if limit is not None else (text,)
    for number, part in enumerate(parts):
        delivery = _sent(outlet, envelope, title, part)
        if not delivery.is_sent:
            if number:
                reason = f"{number} of {len(parts)} parts arrived, then: {delivery.error}"
                return Delivery(AttemptOutcome.IN_DOUBT, reason)
            return delivery
    return SENT


def _sent(outlet: Outlet, envelope: Envelope, title: str, text: str) -> Delivery:
    plugin = _plugin(outlet)
    if plugin is None:
        return Delivery(AttemptOutcome.REFUSED, "Apprise refuses the channel's settings; check the channels file")
    if outlet.type is ChannelType.EMAIL:
        plugin.envelope = envelope
        plugin.sender_name = outlet.sender_name
    else:
        plugin.secret = outlet.secret
    sender = Apprise(asset=_asset())
    sender.add(plugin)
    said = sender.notify(body=text, title=title, body_format="text")
    logger.info("message %d attempt %d over %s: %s", envelope.message_id, envelope.attempt, outlet.type.value, said)
    verdict: Delivery | None = plugin.verdict
    if verdict is None or verdict.is_sent is not said:
        # Apprise itself stopped it (nothing matched, an empty text): anything but success is "not sent".
        return Delivery(AttemptOutcome.UNDELIVERABLE, "Apprise did not hand the message to its plugin")
    return verdict


@cache
def _asset() -> AppriseAsset:
    _register()
    return AppriseAsset(app_id="linkage", async_mode=False, http_redirects=False)


def _register() -> None:
    """Make our checked plugins known to Apprise under their own names."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'imghdr'", category=DeprecationWarning)
        known: Any = NotificationManager()  # type: ignore[no-untyped-call]  # Apprise has no annotations here
        for plugin in _PLUGINS.values():
            if plugin.secure_protocol not in known:
                known.add(plugin)


def _plugin(outlet: Outlet) -> Any:
    """Build the plugin; None if Apprise refuses its fields."""
    asset = _asset()
    fields: dict[str, Any] = {"schema": _PLUGINS[outlet.type].secure_protocol, "format": "text"}
    if outlet.type is ChannelType.EMAIL and outlet.provider is not None:
        server = MAIL_SERVERS[outlet.provider]
        fields |= {
            "smtp_host": server.host,
            "port": server.port,
            "secure_mode": server.mode,
            "user": quote(outlet.user, safe=""),  # Apprise unquotes these two, also when they come as fields
            "password": quote(outlet.password, safe=""),
            "from_addr": outlet.user,
            "targets": outlet.to,
        }
    elif outlet.type is ChannelType.WECOM_BOT:
        fields["key"] = outlet.token
    else:
        fields["token"] = outlet.token
        if outlet.secret:
            fields["secret"] = outlet.secret
    return Apprise.instantiate(fields, asset=asset)
