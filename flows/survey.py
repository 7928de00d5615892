"""The flow of the stage `survey`: needs from imported answers and visits. Retries and the run's page only; the work is in `linkage.stages.survey`."""

from __future__ import annotations

from prefect import State, flow

from flows.parameters import Instant, OrganizationId, ProjectId, Version
from flows.stage import carry, run_name
from linkage.terms import Stage


@flow(
    name=Stage.SURVEY.value,
    flow_run_name=run_name(Stage.SURVEY),
    description="需求调查：把导入的问卷与走访整理成需求，合并共性问题。",
    persist_result=False,
)
def survey(organization_id: OrganizationId, project_id: ProjectId, version: Version, now: Instant = None) -> State:
    """Run the stage once for one project."""
    return carry(Stage.SURVEY, organization_id, project_id, version, now)
