"""The flow that sends queued messages; when one may be sent and when to give up is decided in `linkage.notify`."""

from __future__ import annotations

from datetime import datetime

from prefect import State, flow
from prefect.states import Completed

from flows.parameters import Instant
from flows.process import current, without_words
from flows.stage import retried
from linkage.notify.outbox import DeliveryCount, deliver


def _send(now: datetime) -> DeliveryCount:
    process = current()
    with without_words(process, "outbox", "send"):
        return deliver(process.work, now)


_send_queued = retried("send", "发送通知", _send)


@flow(name="outbox", flow_run_name="outbox", description="通知：发送排队中的通知。", persist_result=False)
def outbox(now: Instant = None) -> State:
    """Send what is due, once."""
    count: DeliveryCount = _send_queued(now or current().work.now())
    message = f"已发送 {count.sent}，未成功 {count.failed}，待发送 {count.waiting}"
    return Completed(message=message, data=count)
