"""The catalogue: every flow once, and every schedule's and form's parameters fit the flow they start."""

from __future__ import annotations

import inspect
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.schedules import CronSchedule
from pydantic import ValidationError

from flows.catalogue import CATALOGUE, TIMEZONE, Entry, entry, of_stage
from flows.pool import form
from flows.process import StepFailed
from flows.stage import artifact_key, markdown, retried, run_name
from linkage.stages.steps import Table
from linkage.terms import Stage

entries = pytest.mark.parametrize("item", CATALOGUE, ids=[item.name for item in CATALOGUE])


def test_every_stage_has_its_flow() -> None:
    """Seven stage words, seven flows of the same names, each once."""
    names = [item.name for item in CATALOGUE]

    assert names[:7] == [stage.value for stage in Stage]
    assert len(set(names)) == len(names)
    assert [of_stage(stage) for stage in Stage] == [entry(stage.value) for stage in Stage]


@entries
def test_entrypoint_is_the_flow_itself(item: Entry) -> None:
    """What operators read as the entry point is what the worker runs."""
    module, _, name = item.entrypoint.partition(":")

    assert getattr(import_module(module), name) is item.flow


@entries
def test_form_fits_the_signature(item: Entry) -> None:
    """A form offers the flow's parameters, no more and no fewer, with Chinese words for each."""
    signature = inspect.signature(item.flow.fn)
    drawn = form(item)
    needed = [name for name, one in signature.parameters.items() if one.default is inspect.Parameter.empty]

    assert list(drawn["properties"]) == list(signature.parameters)
    assert drawn["required"] == needed
    assert all(field["title"] and field["description"] for field in drawn["properties"].values())


@entries
def test_schedule_fits_the_signature(item: Entry) -> None:
    """A schedule gives no parameters, so a scheduled flow needs none; its cron is valid in local time."""
    if item.cron is None:
        return
    assert item.flow.validate_parameters({}) == {"now": None}
    assert form(item)["required"] == []
    assert item.limit == 1
    assert CronSchedule(cron=item.cron, timezone=TIMEZONE).timezone == ZoneInfo("Asia/Shanghai").key


def test_schedules_belong_to_the_system() -> None:
    """A project's days are rows of ours: no stage flow has a schedule."""
    assert {item.name for item in CATALOGUE if item.cron} == {"lifecycle-tick", "outbox", "community-summaries"}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"organization_id": 1, "project_id": 1}, id="no version"),
        pytest.param({"organization_id": 1, "project_id": "张三", "version": 1}, id="a name"),
        pytest.param({"organization_id": 0, "project_id": 1, "version": 1}, id="no such id"),
        pytest.param({"organization_id": 1, "project_id": 1, "version": 1, "phone": "138"}, id="something personal"),
    ],
)
def test_parameters_are_ids_only(values: dict[str, object]) -> None:
    """Parameters are stored in clear: nothing but ids and an instant passes."""
    with pytest.raises(ValidationError):
        of_stage(Stage.SURVEY).parameters.model_validate(values)


@entries
def test_results_are_not_kept(item: Entry) -> None:
    """Nothing a flow returns is written to Prefect's result store."""
    assert item.flow.persist_result is False


def test_tasks_repeat_but_never_remember() -> None:
    """A task is retried three times with jitter, and no cache may stand in for running it."""
    task = retried("step", "步骤", lambda: None)

    assert (task.retries, task.retry_jitter_factor, task.persist_result) == (3, 0.5, False)
    assert task.retry_delay_seconds == [2, 4, 8]
    assert type(task.cache_policy).__name__ == "_None"


def test_failure_keeps_its_words_to_itself() -> None:
    """The exception Prefect stores names the step and the kind of error, nothing else."""
    assert str(StepFailed("merge", "IntegrityError", may_pass=True)) == "merge: IntegrityError"


def test_runs_are_found_by_project() -> None:
    """A run's name holds stage, project and version."""
    assert run_name(Stage.MATCHING).format(project_id=7, version=3) == "matching-p7-v3"


def test_artifact_key_is_what_prefect_takes() -> None:
    """Keys are small letters, digits and dashes, whatever a table is called."""
    assert artifact_key("Match_Table/东-p12") == "match-table-p12"


def test_table_cell_stays_in_its_cell() -> None:
    """A pipe, a line break or markup in a value is shown, not obeyed."""
    table = Table("needs", "需求|清单", ("类别", "数"), (("午餐|\n晚餐", "<b>1</b>"), ("[链接](http://x)", "2")))

    assert markdown(table) == (
        "### 需求\\|清单\n\n"
        "| 类别 | 数 |\n"
        "| --- | --- |\n"
        "| 午餐\\| 晚餐 | \\<b\\>1\\</b\\> |\n"
        "| \\[链接\\](http://x) | 2 |\n"
    )
