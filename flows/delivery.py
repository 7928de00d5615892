"""The flow of the stage `delivery`: service records and hours from what took place. Retries and the run's page only; the work is in `linkage.stages.delivery`."""

from __future__ import annotations

from prefect import State, flow

from flows.parameters import Instant, OrganizationId, ProjectId, Version
from flows.stage import carry, run_name
from linkage.terms import Stage


@flow(
    name=Stage.DELIVERY.value,
    flow_run_name=run_name(Stage.DELIVERY),
    description="服务实施：把签到签退与服务记录转成时长和人次。",
    persist_result=False,
)
def delivery(organization_id: OrganizationId, project_id: ProjectId, version: Version, now: Instant = None) -> State:
    """Run the stage once for one project."""
    return carry(Stage.DELIVERY, organization_id, project_id, version, now)
