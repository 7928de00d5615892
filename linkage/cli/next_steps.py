"""What a person may type next: for each condition a project waits for, the command that opens it.

It reads the conditions the stages state and decides nothing; a condition that only time or the software itself can
open has no command of its own.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from linkage.terms import GateKind, PartyRole, ProjectState

if TYPE_CHECKING:
    from linkage.stages.standing import Condition
    from linkage.stages.status import ProjectStatus

_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "heard": ("survey import {project} FILE --dry-run", "survey visit {project} VISITS.yaml --as {actor}"),
    "survey_closed": ("survey close {project} --as {actor}",),
    "matches_confirmed": ("matching show {project}", "matching confirm {project} --as {actor}"),
    "matches_answered": ("matching accept {project} --as {party}",),
    "activities_reviewed": ("scheduling activities {project}", "scheduling review {project} --as {actor}"),
    "offers_answered": ("scheduling offers {project} --state offered",),
    "flags_cleared": ("delivery flags {project}",),
    "delivery_closed": ("delivery close {project} --as {actor}",),
    "report_adopted": ("reporting documents {project}", "reporting adopt {project} --as {actor}"),
    "rectified": ("assessment accept-rectification {project} --statement TEXT --as {assessor}",),
}
_AFTER: Final[Mapping[str, str]] = {
    "survey_closed": "heard",
    "delivery_closed": "period_over",
    "report_adopted": "report_made",
}
"""A decision that nobody may take while another condition is shut."""


def next_commands(status: ProjectStatus, parties: Mapping[PartyRole, str]) -> list[str]:
    """List the commands that would move a project on, in the order they are wanted.

    Parameters
    ----------
    parties
        The code of the first party of each role.
    """
    if status.state is not ProjectState.OPEN:
        return []
    shut = {wait.code: wait for wait in status.waits}
    money = [gate for gate in status.money if not gate.is_open]
    lines: list[str] = []
    for wait in shut.values():
        if _AFTER.get(wait.code) not in shut and wait not in money:
            lines += _of_stage(status.code, wait, parties)
    if status.is_due or (all(wait.whose_turn is None for wait in shut.values()) and "period_over" not in shut):
        lines.append(f"run {shlex.quote(status.code)} --inline")
    lines += _of_money(status.code, money, parties)
    return [f"linkage {line}" for line in dict.fromkeys(lines)]


def _of_stage(project: str, wait: Condition, parties: Mapping[PartyRole, str]) -> Iterator[str]:
    if wait.whose_turn is None:
        return
    actor = parties.get(wait.whose_turn, "CODE")
    if wait.code.startswith("scored."):
        rater = wait.code.removeprefix("scored.")
        yield f"assessment show {project}"
        yield f"assessment score {project} {rater} LINE=POINTS… --unrelated --as {actor}"
    assessor = parties.get(PartyRole.ASSESSOR, "CODE")
    party = wait.detail.split(" ")[0] or actor
    for pattern in _COMMANDS.get(wait.code, ()):
        yield pattern.format(project=project, actor=actor, party=party, assessor=assessor)


def _of_money(project: str, gates: Sequence[Condition], parties: Mapping[PartyRole, str]) -> Iterator[str]:
    """Papers that are missing first; the purchaser is asked when nothing else keeps the tranche shut."""
    shut = {gate.code for gate in gates if gate.detail or not gate.code.endswith(f".{GateKind.DOCUMENTS.value}")}
    for gate in gates:
        tranche, _, kind = gate.code.rpartition(".")
        actor = parties.get(gate.whose_turn, "CODE") if gate.whose_turn else "CODE"
        others = {f"{tranche}.{other.value}" for other in (GateKind.RESULT, GateKind.DOCUMENTS)}
        if kind == GateKind.DOCUMENTS.value and gate.detail:
            papers = " ".join(shlex.quote(name) for name in gate.detail.split("、"))
            yield f"disbursement documents {project} {tranche} {papers} --as {actor}"
        elif kind == GateKind.APPROVAL.value and not others & shut:
            yield f"disbursement approve {project} {tranche} --as {actor}"
