"""How to match: the order of objectives, the effort, and the time there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from linkage.kernels.assignment import flow
from linkage.terms import MatchObjective

_DAY_SECONDS: Final = 86_400.0


def _no_deadline() -> float:
    return _DAY_SECONDS


@dataclass(frozen=True, kw_only=True)
class MatchOptions:
    """How to match.

    Parameters
    ----------
    objectives
        In lexicographic order; if None, `unmet_priority`, `unfairness` if the problem asks for fair groups,
        `changed` if it has a previous plan, `cost`.
    gap_ratio
        A plan this close to its bound has the status within gap, and the search stops there.
    seed
        Of the exact solver and of the drafts.
    exact_pairs
        Problems with undivided needs and at most this many pairs are solved exactly; seven times as many where all
        pairs of an offer take the same, with five times the effort.
    part_pairs
        Parts of a problem that no rule joins are solved together up to this many pairs.
    exact_effort
        Deterministic work units of CP-SAT for each objective.
    search_moves
        Placements tried by the local search.
    search_rounds
        Rounds in which undivided needs are seated anew, size by size.
    simplex_arcs
        Networks of at least this many arcs are solved by our own simplex, which can be stopped and restarted.
    seconds_left
        Asked between steps; at 0 or below, the best plan so far is returned.
    is_explained
        Give `reasons`; what there is no time to work out is worked out when it is asked for.
    """

    objectives: tuple[MatchObjective, ...] | None = None
    gap_ratio: float = 0.0
    seed: int = 0
    exact_pairs: int = 3_000
    part_pairs: int = 40
    exact_effort: float = 4.0
    search_moves: int = 20_000
    search_rounds: int = 8
    simplex_arcs: int = flow.LARGE
    seconds_left: Callable[[], float] = _no_deadline
    is_explained: bool = True


DEFAULTS: Final = MatchOptions()
