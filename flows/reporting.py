"""The flow of the stage `reporting`: contract units, progress and reports. Retries and the run's page only; the work is in `linkage.stages.reporting`."""

from __future__ import annotations

from prefect import State, flow

from flows.parameters import Instant, OrganizationId, ProjectId, Version
from flows.stage import carry, run_name
from linkage.terms import Stage


@flow(
    name=Stage.REPORTING.value,
    flow_run_name=run_name(Stage.REPORTING),
    description="报告：核算合同单元，生成进度表、社区摘要和购买方报告。",
    persist_result=False,
)
def reporting(organization_id: OrganizationId, project_id: ProjectId, version: Version, now: Instant = None) -> State:
    """Run the stage once for one project."""
    return carry(Stage.REPORTING, organization_id, project_id, version, now)
