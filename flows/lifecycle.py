"""The tick: find the projects that can move, and have them moved; what was lost is found again the same way.

Level-triggered: it reads our rows only, so it may run twice, late, or with Prefect's database emptied. The worker
ticks by its own clock as well; this flow is that tick on Prefect's schedule and on an operator's button.
"""

from __future__ import annotations

from datetime import datetime

from prefect import State, flow
from prefect.states import Completed

from flows.parameters import Instant
from flows.process import current, without_words
from flows.stage import retried
from linkage.stages import lifecycle
from linkage.stages.steps import Due


def _reconcile(now: datetime) -> tuple[Due, ...]:
    process = current()
    with without_words(process, "tick", "reconcile"):
        return lifecycle.reconcile(process.work, now)


_find = retried("reconcile", "查找待办项目", _reconcile)


@flow(
    name="lifecycle-tick",
    flow_run_name="lifecycle-tick",
    description="推进：查找可推进的项目并逐一办理，找回中断的办理。",
    persist_result=False,
)
def tick(now: Instant = None) -> State:
    """Find what is due and hand it to this process's dispatcher."""
    process = current()
    at = now or process.work.now()
    found: tuple[Due, ...] = _find(at)
    for item in found:
        process.dispatch(item, at)
    return Completed(message=f"待办项目 {len(found)} 个", data=found)
