"""Runs that operators and schedules ask Prefect for: deployments made from the catalogue, one work pool, taken here.

Any number of workers may poll one pool: of two that want a run, one is granted `Pending`. A run is executed in this
process (a subprocess a run costs ten times as much), and only flows of the catalogue are: what a deployment says
about code is never loaded, so that writing to Prefect's API is not the same as running code here.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions, FlowRun
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import Abort, ObjectAlreadyExists, ObjectNotFound
from prefect.flow_engine import run_flow
from prefect.states import Cancelled, Failed, Pending
from prefect.utilities.engine import propose_state_sync

from flows.catalogue import CATALOGUE, TIMEZONE, Entry

logger = logging.getLogger(__name__)

POOL = "linkage"
_TYPE = "linkage-in-process"
_HEARTBEAT_SECONDS = 60.0


def form(item: Entry) -> dict[str, Any]:
    """Return the form of a flow's parameters as Prefect's page draws it, with the model's Chinese words.

    Prefect's own schema of a function drops the titles and descriptions of annotated parameters.
    """
    schema = item.parameters.model_json_schema()
    properties = {
        name: {**field, "position": position} for position, (name, field) in enumerate(schema["properties"].items())
    }
    return {
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "required": schema.get("required", []),
        "definitions": schema.get("$defs", {}),
    }


class Pool:
    """The work pool as one worker sees it.

    Parameters
    ----------
    worker
        This worker's name on Prefect's page.
    """

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._entries: dict[UUID, Entry] = {}
        self._beat_at: datetime | None = None

    def forget(self) -> None:
        """Make the deployments again at the next poll: the server may have come back with an empty database."""
        self._entries = {}
        self._beat_at = None

    def run_scheduled(self) -> int:
        """Run what is scheduled until now, one after the other; returns how many runs."""
        client = get_client(sync_client=True)
        now = datetime.now(UTC)
        try:
            if not self._entries:
                self._register(client)
            if self._beat_at is None or now - self._beat_at >= timedelta(seconds=_HEARTBEAT_SECONDS):
                client.send_worker_heartbeat(POOL, self._worker, _HEARTBEAT_SECONDS)
                self._beat_at = now
            found = client.get_scheduled_flow_runs_for_work_pool(POOL, scheduled_before=now)
        except ObjectNotFound:
            self.forget()
            raise
        return sum(self._run(client, item.flow_run) for item in found)

    def _register(self, client: SyncPrefectClient) -> None:
        with suppress(ObjectAlreadyExists):  # whether it is paused is the operator's
            client.create_work_pool(WorkPoolCreate(name=POOL, type=_TYPE, description="五社联动"))
        self._entries = {self._deploy(client, item): item for item in CATALOGUE}

    @staticmethod
    def _deploy(client: SyncPrefectClient, item: Entry) -> UUID:
        schedules = []
        if item.cron is not None:
            schedules.append(DeploymentScheduleCreate(schedule=CronSchedule(cron=item.cron, timezone=TIMEZONE)))
        strategy = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
        return client.create_deployment(
            client.create_flow_from_name(item.name),
            item.title,
            schedules=schedules,
            concurrency_limit=item.limit,
            concurrency_options=strategy if item.limit is not None else None,
            description=item.flow.description,
            work_pool_name=POOL,
            entrypoint=item.entrypoint,
            parameter_openapi_schema=form(item),
            enforce_parameter_schema=True,
        )

    def _run(self, client: SyncPrefectClient, flow_run: FlowRun) -> bool:
        item = self._entries.get(flow_run.deployment_id) if flow_run.deployment_id else None
        try:
            if item is None:
                propose_state_sync(client, Cancelled(message="not in the catalogue of this version"), flow_run.id)
                return False
            state = propose_state_sync(client, Pending(), flow_run.id)
            if not state.is_pending():
                return False
            flow_run.state = state
            parameters = item.flow.validate_parameters(flow_run.parameters)
        except Abort:  # another worker was granted it
            return False
        except ValueError:  # not logged with its words: they repeat the parameters
            propose_state_sync(client, Failed(message="parameters do not fit the form"), flow_run.id)
            return False
        run_flow(item.flow, flow_run=flow_run, parameters=parameters, return_type="state")
        return True
