"""The flow that sends each community its summary when its reporting period has ended.

One flow for a batch, not one for each community; what is due and what a summary says is decided in
`linkage.stages.summaries`.
"""

from __future__ import annotations

from datetime import datetime

from prefect import State, flow
from prefect.states import Completed

from flows.driver import SUMMARIES, send_each
from flows.parameters import Instant
from flows.process import current, without_words
from flows.stage import retried
from linkage.stages.summaries import DueSummary, due_summaries


def _find(now: datetime) -> tuple[DueSummary, ...]:
    process = current()
    with without_words(process, SUMMARIES, "find"):
        return tuple(due_summaries(process.work, now))


def _send(found: tuple[DueSummary, ...], now: datetime) -> int:
    return send_each(current(), found, now)


_find_due = retried("find", "查找到期摘要", _find)
_send_due = retried("send", "发送社区摘要", _send)


@flow(
    name="community-summaries",
    flow_run_name="community-summaries",
    description="社区摘要：周期结束后，向各社区发送服务摘要。",
    persist_result=False,
)
def community_summaries(now: Instant = None) -> State:
    """Send the summaries that are due, once."""
    at = now or current().work.now()
    found: tuple[DueSummary, ...] = _find_due(at)
    sent: int = _send_due(found, at) if found else 0
    return Completed(message=f"已发送社区摘要 {sent} 份", data=sent)
