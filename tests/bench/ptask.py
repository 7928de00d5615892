"""Files of the personnel task scheduling problem (Krishnamoorthy, Ernst and Baatar 2012) as rosters, and ones like them.

A file names the jobs with start and end, then for each person the jobs they are qualified for. Each job is a shift
with one seat; everything is covered first, then as few people as possible are used.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from linkage.kernels.roster.problem import MINUTES_PER_DAY, Pairs, RosterProblem, Seats, Shifts, Volunteers, Windows
from linkage.terms import RosterObjective

DAY = 1440


def roster(start: np.ndarray, end: np.ndarray, able: np.ndarray) -> RosterProblem:
    """Make a roster of jobs (start, end in minutes) and who can do them, (n_people, n_jobs) bool."""
    volunteer, shift = np.nonzero(able)
    days = int(max(start.max(initial=0), 0)) // MINUTES_PER_DAY + 1
    return RosterProblem(
        horizon_days=days,
        volunteers=Volunteers.of(able.shape[0]),
        windows=Windows.always(able.shape[0], days + int(end.max(initial=0)) // MINUTES_PER_DAY),
        shifts=Shifts.of(start, end),
        seats=Seats.of(np.arange(start.size)),
        eligible=Pairs.of(volunteer, shift),
        objectives=((RosterObjective.UNCOVERED,), (RosterObjective.PEOPLE_USED,)),
    )


def read(path: Path) -> RosterProblem:
    """Read a file; lines that open with # are remarks."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    at = next(index for index, line in enumerate(lines) if line.startswith("Jobs"))
    count = int(lines[at].split("=")[1])
    jobs = np.asarray([line.split() for line in lines[at + 1 : at + 1 + count]], dtype=np.int64).reshape(-1, 2)
    at = next(index for index, line in enumerate(lines) if line.startswith("Qualifications"))
    people = int(lines[at].split("=")[1])
    able = np.zeros((people, count), dtype=np.bool_)
    for person, line in enumerate(lines[at + 1 : at + 1 + people]):
        number, own = line.split(":")
        listed = [int(job) for job in own.split()]
        if len(listed) != int(number):
            raise ValueError(f"{path.name}: person {person} has {len(listed)} jobs, {number} are announced")
        able[person, listed] = True
    return roster(jobs[:, 0], jobs[:, 1], able)


def drawn(seed: int, *, people: int, jobs: int, multi_skilling: float, tightness: float = 0.9) -> RosterProblem:
    """Draw an instance after the published recipe.

    The day of each of `people` is cut into jobs that take the share `tightness` of it; each person is qualified for
    theirs and, at random, for others up to the share `multi_skilling`; one in six more people are qualified at random.
    """
    rng = np.random.default_rng(seed)
    counts = np.full(people, jobs // people)
    counts[: jobs % people] += 1
    start, end, owner = [], [], []
    for person, count in enumerate(counts.tolist()):
        shares = rng.dirichlet(np.full(count, 4.0)) * tightness * DAY
        gaps = rng.dirichlet(np.ones(count + 1)) * (1 - tightness) * DAY
        opens = np.cumsum(gaps[:-1]) + np.concatenate(([0.0], np.cumsum(shares)[:-1]))
        start += np.floor(opens).astype(int).tolist()
        end += np.maximum(np.floor(opens) + 1, np.floor(opens + shares)).astype(int).tolist()
        owner += [person] * count
    total = people + max(2, people // 6)
    able = rng.random((total, jobs)) < multi_skilling
    able[np.asarray(owner), np.arange(jobs)] = True
    order, shuffled = rng.permutation(total), rng.permutation(jobs)
    return roster(np.asarray(start)[shuffled], np.asarray(end)[shuffled], able[order][:, shuffled])
