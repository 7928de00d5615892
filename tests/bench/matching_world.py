"""Draws a district's needs and offers for the matching benches: one seed, one world.

Needs of twelve categories with a priority live in twenty estates; offers of five sources have a few categories each
and a capacity as such sources have; the twenty nearest offers of its category may serve a need, or twenty of those
within whose reach it lies. All figures are made up.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from linkage.kernels.assignment.problem import AssignmentProblem

CATEGORIES = np.array([0.18, 0.08, 0.10, 0.14, 0.07, 0.07, 0.10, 0.03, 0.10, 0.08, 0.03, 0.02])
SIDE_METRES = 2_400
ESTATES = 20
SCARCE = 3
"""Estates with more needs and fewer offers than the others."""

SOURCES = ("venue", "organization", "social worker", "volunteer", "charity")
SOURCE_SHARE = [0.04, 0.10, 0.03, 0.70, 0.13]
CAPACITY = np.array([60, 40, 25, 4, 15])
REACH_METRES = np.array([1_500, 3_000, 3_000, 1_000, 2_000])
BEST = 100
CATEGORY_COUNT = [(2, 6), (2, 6), (2, 6), (1, 3), (2, 6)]


def district(needs, offers, *, seed=1, edges=20, tightness=0.9, most=1, capped=None, scored=False, **rules):
    """Draw a matching; capacity adds up to `tightness` x what is asked.

    Parameters
    ----------
    most
        Units a need asks for at most.
    capped
        Source that may give no more than 90 % of what its offers could give.
    scored
        Any twenty offers within reach may serve a need, not the nearest, and a pair costs the need's priority times
        what it is short of the best score; a score falls from 100 to 0 at the end of the reach.
    rules
        Passed on to the problem.
    """
    rng = np.random.default_rng(seed)
    centre = rng.uniform(0, SIDE_METRES, (ESTATES, 2))
    share = rng.dirichlet(np.full(ESTATES, 3.0))
    scarce = np.arange(ESTATES) < SCARCE
    asked, given = share * np.where(scarce, 1.6, 1.0), share * np.where(scarce, 0.5, 1.0)
    estate = rng.choice(ESTATES, needs, p=asked / asked.sum())
    need_at = centre[estate] + rng.normal(0, 150, (needs, 2))
    offer_at = centre[rng.choice(ESTATES, offers, p=given / given.sum())] + rng.normal(0, 300, (offers, 2))
    category = rng.choice(CATEGORIES.size, needs, p=CATEGORIES)
    source = rng.choice(len(SOURCES), offers, p=SOURCE_SHARE)
    low, high = np.array(CATEGORY_COUNT)[source].T
    serves = rng.random((offers, CATEGORIES.size)).argsort(axis=1) < rng.integers(low, high + 1)[:, None]
    quantity = rng.choice([1, 2, 3, 4], needs, p=[0.55, 0.27, 0.12, 0.06]).clip(max=most)
    size = CAPACITY[source] * rng.lognormal(0, 0.6, offers)
    capacity = np.rint(size / size.sum() * quantity.sum() * tightness).astype(np.int64)
    priority = rng.choice([1, 2, 4, 8], needs, p=[0.55, 0.28, 0.13, 0.04])
    reach = REACH_METRES[source]
    columns = []
    for kind in range(CATEGORIES.size):
        rows, near = np.flatnonzero(category == kind), np.flatnonzero(serves[:, kind])
        if scored:
            metres = cdist(need_at[rows], offer_at[near])
            lot = np.where(metres <= reach[near], rng.random(metres.shape), 2.0)
            row, place = np.nonzero((lot.argsort(axis=1).argsort(axis=1) < edges) & (lot < 2.0))
            short = np.rint(BEST * metres[row, place] / reach[near[place]]).astype(np.int64)
            columns.append((rows[row], near[place], priority[rows[row]] * short))
        else:
            nearest = np.arange(1, min(edges, near.size) + 1)  # as a list, so that one is a column too
            metres, place = cKDTree(offer_at[near]).query(need_at[rows], k=nearest)
            columns.append((np.repeat(rows, place.shape[1]), near[place.ravel()], metres.ravel().astype(np.int64)))
    pair_need, pair_offer, pair_cost = (np.concatenate(column) for column in zip(*columns, strict=True))
    source_caps = np.full(len(SOURCES), -1)
    if capped is not None:
        source_caps[capped] = capacity[source == capped].sum() * 9 // 10
    return AssignmentProblem.of(
        need_quantity=quantity,
        need_priority=priority,
        need_group=estate,
        offer_capacity=capacity,
        offer_source=source,
        source_caps=source_caps,
        pair_need=pair_need,
        pair_offer=pair_offer,
        pair_cost=pair_cost,
        **rules,
    )


def towns(count, needs, offers, **world):
    """Draw many small districts that have nothing to do with each other, as one matching."""
    drawn = [district(needs, offers, seed=seed, **world) for seed in range(1, count + 1)]
    return AssignmentProblem.of(
        need_quantity=np.concatenate([town.need_quantity for town in drawn]),
        need_priority=np.concatenate([town.need_priority for town in drawn]),
        offer_capacity=np.concatenate([town.offer_capacity for town in drawn]),
        pair_need=np.concatenate([town.pair_need + number * needs for number, town in enumerate(drawn)]),
        pair_offer=np.concatenate([town.pair_offer + number * offers for number, town in enumerate(drawn)]),
        pair_cost=np.concatenate([town.pair_cost for town in drawn]),
    )
