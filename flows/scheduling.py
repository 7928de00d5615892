"""The flow of the stage `scheduling`: activities and shifts from the confirmed matches. Retries and the run's page only; the work is in `linkage.stages.scheduling`."""

from __future__ import annotations

from prefect import State, flow

from flows.parameters import Instant, OrganizationId, ProjectId, Version
from flows.stage import carry, run_name
from linkage.terms import Stage


@flow(
    name=Stage.SCHEDULING.value,
    flow_run_name=run_name(Stage.SCHEDULING),
    description="排班：生成活动与班次，向志愿者发出邀约并处理答复。",
    persist_result=False,
)
def scheduling(organization_id: OrganizationId, project_id: ProjectId, version: Version, now: Instant = None) -> State:
    """Run the stage once for one project."""
    return carry(Stage.SCHEDULING, organization_id, project_id, version, now)
