"""Looks for plans with fewer and fewer people: tries a crew of the bound's size first, then what lies between.

Only whole plans are kept, those in which every unit is held. Rounds end by counts; the deadline is looked at every
few milliseconds and leaves the best plan so far. Bounds are not its matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from linkage.kernels.roster.fewest import board as boards
from linkage.kernels.roster.fewest import moves
from linkage.kernels.roster.fewest.board import CREW, FEWEST, FEWEST_AT, POOLED, STEPS, UNABLE, Board, Integers
from linkage.kernels.roster.fewest.units import Units

CHUNK: Final = 4000
"""Steps between two looks at the deadline; somebody from outside may then replace somebody inside."""
CHUNK_PAIRS: Final = 2_000_000
"""Pairs of unit and person looked at between two looks at the deadline, at most."""
PATIENCE: Final = 20_000
"""Steps without a smaller pool before people are replaced."""
TEMPERS: Final = ((8, 0, 10), (32, 10, 20), (32, 0, 10), (8, 0, 10), (200, 0, 10))
"""Of each round in turn, see `moves.walk`; a round begins with equal weights."""


def new_board(units: Units, seed: int) -> Board:
    """Lay out a board with an empty crew."""
    n_people, n_units = units.able.shape
    first, near = units.neighbours
    group, amount, limit = units.caps
    room = int(min(n_units, units.able.sum(axis=1).max(initial=0)))
    end = np.asarray(units.facts.end, dtype=np.int64)[units.shift]
    groups = int(group.max(initial=0)) + 1
    return Board(
        able=units.able,
        kind=units.kind,
        first=first,
        near=near,
        end=end,
        pressure=np.where(np.ascontiguousarray(units.able.T), 0, UNABLE).astype(np.int64),
        own=np.zeros((n_people, room + 1), dtype=np.int64),
        held=np.zeros(n_people, dtype=np.int64),
        holder=np.full(n_units, -1, dtype=np.int64),
        pool=np.arange(n_units, dtype=np.int64),
        place=np.arange(n_units, dtype=np.int64),
        weight=np.ones(n_units, dtype=np.int64),
        barred=np.zeros((n_units, n_people), dtype=np.int64),
        crew=np.zeros(n_people, dtype=np.int64),
        rank=np.full(n_people, -1, dtype=np.int64),
        resting=np.zeros(n_people, dtype=np.int64),
        group=group,
        amount=amount,
        limit=limit,
        load=np.zeros((group.shape[0], n_people, groups), dtype=np.int64),
        flag=np.zeros(room + 1, dtype=np.int64),
        mark=np.asarray([n_units, 0, 0, n_units, 0], dtype=np.int64),
        draw=np.asarray([(seed % 2**31) * 2 + 88172645463325253], dtype=np.uint64),
    )


def _copy(board: Board) -> Board:
    arrays: Any = [array.copy() for array in board]
    return Board(*arrays)


class Search:
    """The best plan found for a bound on its people; may be run again where it stopped.

    Parameters
    ----------
    bound
        Fewest people a plan may have; the search ends there.
    start
        (n_units,) int64 person of each unit in a plan to improve, -1 where it is open.
    has_time
        Asked every few milliseconds; False ends the search.
    """

    def __init__(self, units: Units, *, bound: int, start: Integers, seed: int, has_time: Callable[[], bool]) -> None:
        self.bound, self.has_time = bound, has_time
        self.board = new_board(units, seed)
        self.holder = start
        self.is_whole = bool((start >= 0).all())
        self.size = np.unique(start).size if self.is_whole else len(units.people) + 1
        self.steps = self.made = self.rounds = 0
        self.round_steps = CHUNK
        self.failed = bound
        scarce = units.able / np.maximum(1, units.able.sum(axis=0))
        self.ranking: list[int] = np.argsort(-scarce.sum(axis=1), kind="stable").tolist()

    def _keep(self, board: Board) -> None:
        """Note the plan if it has fewer people, or covers more while none is whole."""
        size, is_whole = int(np.count_nonzero(board.held)), not board.mark[POOLED]
        if size < self.size if is_whole else not self.is_whole:
            self.holder, self.is_whole = board.holder.copy(), is_whole
            self.size = size if is_whole else self.size

    def _round(self, board: Board) -> bool:
        """Work on a crew for a round; say whether all units came to be held."""
        temper = np.asarray(TEMPERS[self.rounds % len(TEMPERS)], dtype=np.int64)
        if self.rounds:
            boards.level_weights(board)
        self.rounds += 1
        board.mark[FEWEST], board.mark[FEWEST_AT] = board.mark[POOLED], board.mark[STEPS]
        left = min(self.round_steps, self.steps - self.made)
        while left > 0 and board.mark[POOLED] and self.has_time():
            steps = moves.walk(board, np.asarray([min(CHUNK, left), CHUNK_PAIRS], dtype=np.int64), temper)
            self.made += steps
            left -= steps
            is_stuck = board.mark[POOLED] and board.mark[STEPS] - board.mark[FEWEST_AT] > PATIENCE
            if is_stuck and board.mark[CREW] == board.held.size:
                break
            if is_stuck:
                moves.replace_somebody(board, CHUNK)
        return not board.mark[POOLED]

    def _complete(self, board: Board) -> Board:
        """Let people from outside take the pool as far as they can."""
        while board.mark[POOLED] and moves.recruit(board):
            pass
        return board

    def _begin(self) -> None:
        """Find a first whole plan with everybody, then see how far a crew of the bound's size comes."""
        if not self.is_whole:
            everybody = _copy(self.board)
            for person in self.ranking:
                boards.join(everybody, person)
            boards.fill(everybody)
            self._round(everybody)
            self._keep(everybody)
        if self.is_whole:
            for person in self.ranking[: self.bound]:
                boards.join(self.board, person)
            boards.fill(self.board)
            self._try()

    def _try(self) -> None:
        """Work on the crew as it is, and note the plan that comes out with whoever must join."""
        if self._round(self.board):
            self._keep(self.board)
        else:
            self._keep(self._complete(_copy(self.board)))

    def _resize(self, size: int) -> None:
        """Bring the crew to a size: the most useful join, the least useful leave."""
        board = self.board
        while board.mark[CREW] > size:
            moves.dismiss(board)
        while board.mark[CREW] < size:
            if not moves.recruit(board):
                boards.join(board, next(person for person in self.ranking if board.rank[person] < 0))

    def run(self, steps: int) -> None:
        """Search for so many steps more, or until the bound is reached or the time is up."""
        self.steps = self.made + steps
        if not self.rounds:
            self._begin()
        while self.bound < self.size and self.is_whole and self.made < self.steps and self.has_time():
            target = (self.failed + self.size) // 2
            self._resize(target)
            self._try()
            if self.size > target:
                self.failed = max(self.failed, target)
