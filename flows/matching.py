"""The flow of the stage `matching`: needs against the offers of the five societies. Retries and the run's page only; the work is in `linkage.stages.matching`."""

from __future__ import annotations

from prefect import State, flow

from flows.parameters import Instant, OrganizationId, ProjectId, Version
from flows.stage import carry, run_name
from linkage.terms import Stage


@flow(
    name=Stage.MATCHING.value,
    flow_run_name=run_name(Stage.MATCHING),
    description="资源匹配：把需求与五社资源相匹配，送交确认和承接。",
    persist_result=False,
)
def matching(organization_id: OrganizationId, project_id: ProjectId, version: Version, now: Instant = None) -> State:
    """Run the stage once for one project."""
    return carry(Stage.MATCHING, organization_id, project_id, version, now)
