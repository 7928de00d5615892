"""The flow of the stage `assessment`: scores of several raters and their band. Retries and the run's page only; the work is in `linkage.stages.assessment`."""

from __future__ import annotations

from prefect import State, flow

from flows.parameters import Instant, OrganizationId, ProjectId, Version
from flows.stage import carry, run_name
from linkage.terms import Stage


@flow(
    name=Stage.ASSESSMENT.value,
    flow_run_name=run_name(Stage.ASSESSMENT),
    description="评估：汇总第三方评分，得出等次，必要时发起整改。",
    persist_result=False,
)
def assessment(organization_id: OrganizationId, project_id: ProjectId, version: Version, now: Instant = None) -> State:
    """Run the stage once for one project."""
    return carry(Stage.ASSESSMENT, organization_id, project_id, version, now)
