"""The flow of the stage `disbursement`: tranches whose gates are open. Retries and the run's page only; the work is in `linkage.stages.disbursement`."""

from __future__ import annotations

from prefect import State, flow

from flows.parameters import Instant, OrganizationId, ProjectId, Version
from flows.stage import carry, run_name
from linkage.terms import Stage


@flow(
    name=Stage.DISBURSEMENT.value,
    flow_run_name=run_name(Stage.DISBURSEMENT),
    description="拨付：核对拨付条件，报购买方审批，登记到账。",
    persist_result=False,
)
def disbursement(
    organization_id: OrganizationId, project_id: ProjectId, version: Version, now: Instant = None
) -> State:
    """Run the stage once for one project."""
    return carry(Stage.DISBURSEMENT, organization_id, project_id, version, now)
