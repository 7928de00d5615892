"""Decides whether a plan below a given cost exists: depth-first, with bounds by prices and pairs ruled out by them.

The exact scheme of Posta, Ferland and Michelon (2012): values are tried from the bound upwards, so that each search
has the tightest limit it can have. A pair is ruled out where the offers' tables say that any plan with it, and with
its need nowhere else, costs too much. Everything stands in arrays, so a search can stop after any number of nodes and
go on.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from linkage.kernels.assignment.problem import Integers
from linkage.kernels.assignment.undivided.knapsack import FREE, IN, OUT, Layout, States, margins
from linkage.kernels.assignment.undivided.prices import Ascent, ascend
from linkage.kernels.compiled import compiled

RUNNING: Final = 0
FOUND: Final = 1
NONE_LEFT: Final = 2
TOO_DEEP: Final = 3


class Tree(NamedTuple):
    """A search in depth.

    Parameters
    ----------
    state
        (n_pairs,) int8.
    room
        (n_offers,) int64 capacity beside the pairs that are in.
    left
        (n_needs,) int64 pairs of each need that are not out.
    trail
        (n_pairs,) int64 pairs decided, in order.
    branch
        (max_depth, 3) int64: pair, trail length before, 1 if the first child was IN; +2 if both were visited.
    price_at
        (max_depth, n_needs) int64 prices of the node above.
    forced_in, forced_out
        As in `knapsack.margins`.
    plan
        (n_pairs,) int8, the plan found.
    mark
        (6,) int64: depth, trail length, trail length looked through, 1 if the node is new, nodes so far, deepest.
    """

    state: States
    room: Integers
    left: Integers
    trail: Integers
    branch: Integers
    price_at: Integers
    forced_in: Integers
    forced_out: Integers
    plan: States
    mark: Integers


@compiled
def decide(layout: Layout, tree: Tree, pair: int, state: int) -> None:
    """Put a pair in or rule it out, and note it on the trail."""
    mark = tree.mark
    tree.state[pair] = state
    tree.trail[mark[1]] = pair
    mark[1] += 1
    if state == IN:
        tree.room[layout.pair_offer[pair]] -= layout.pair_size[pair]
    else:
        tree.left[layout.pair_need[pair]] -= 1


@compiled
def follow(layout: Layout, tree: Tree) -> bool:
    """Decide what follows from the pairs decided; tell whether a plan is still possible."""
    mark = tree.mark
    while mark[2] < mark[1]:
        pair = tree.trail[mark[2]]
        mark[2] += 1
        need = layout.pair_need[pair]
        if tree.state[pair] == OUT:
            if tree.left[need] == 0:
                return False
            if tree.left[need] == 1:
                for other in range(layout.need_start[need], layout.need_start[need + 1]):
                    if tree.state[other] == FREE:
                        decide(layout, tree, other, IN)
            continue
        offer = layout.pair_offer[pair]
        room = tree.room[offer]
        if room < 0:
            return False
        for other in range(layout.need_start[need], layout.need_start[need + 1]):
            if tree.state[other] == FREE:
                decide(layout, tree, other, OUT)
            elif tree.state[other] == IN and other != pair:
                return False
        for row in range(layout.offer_start[offer], layout.offer_start[offer + 1]):
            other = layout.offer_pair[row]
            if tree.state[other] == FREE and layout.pair_size[other] > room:
                decide(layout, tree, other, OUT)
    return True


@compiled
def undo(layout: Layout, tree: Tree, length: int) -> None:
    """Take back what was decided beyond a length of the trail."""
    mark = tree.mark
    while mark[1] > length:
        mark[1] -= 1
        pair = tree.trail[mark[1]]
        if tree.state[pair] == IN:
            tree.room[layout.pair_offer[pair]] += layout.pair_size[pair]
        else:
            tree.left[layout.pair_need[pair]] += 1
        tree.state[pair] = FREE
    mark[2] = mark[1]


@compiled
def weigh(layout: Layout, tree: Tree, ascent: Ascent) -> int:
    """Fill the margins of all open pairs at the best prices; tell the bound there."""
    price = ascent.best_price
    bound = 0
    for need in range(price.size):
        bound += price[need]
    for offer in range(layout.capacity.size):
        bound += margins(
            layout,
            offer,
            tree.state,
            tree.room[offer],
            price,
            ascent.pick,
            ascent.table,
            ascent.chosen,
            ascent.value,
            tree.forced_in,
            tree.forced_out,
        )
    return bound


@compiled
def rule_out(layout: Layout, tree: Tree, bound: int, limit: int) -> int:
    """Rule out the open pairs with which every plan costs more than the limit; tell how many."""
    count = 0
    for need in range(tree.left.size):
        elsewhere = 0
        for pair in range(layout.need_start[need], layout.need_start[need + 1]):
            if tree.state[pair] == FREE:
                elsewhere += tree.forced_out[pair]
        for pair in range(layout.need_start[need], layout.need_start[need + 1]):
            if tree.state[pair] == FREE:
                tree.forced_in[pair] += elsewhere - tree.forced_out[pair]
                if bound + tree.forced_in[pair] > limit:
                    decide(layout, tree, pair, OUT)
                    count += 1
    return count


@compiled
def choose(layout: Layout, tree: Tree) -> int:
    """Find the open pair that raises the bound most, in or out; -1 if none is open."""
    best = -1.0
    chosen = -1
    for need in range(tree.left.size):
        least = 2**62
        second = 2**62
        for pair in range(layout.need_start[need], layout.need_start[need + 1]):
            if tree.state[pair] == FREE:
                if tree.forced_in[pair] < least:
                    second = least
                    least = tree.forced_in[pair]
                elif tree.forced_in[pair] < second:
                    second = tree.forced_in[pair]
        for pair in range(layout.need_start[need], layout.need_start[need + 1]):
            if tree.state[pair] == FREE:
                inside = tree.forced_in[pair]
                outside = max(tree.forced_out[pair], second if inside == least else least)
                score = (inside + 1.0) * (outside + 1.0)
                if score > best:
                    best = score
                    chosen = pair
    return chosen


@compiled
def likeliest(layout: Layout, tree: Tree, pick: States) -> int:
    """Find the chosen open pair that is dearest to do without; -1 if there is none."""
    best = -1
    chosen = -1
    for need in range(tree.left.size):
        elsewhere = 2**62
        seat = -1
        for pair in range(layout.need_start[need], layout.need_start[need + 1]):
            if tree.state[pair] == FREE and pick[pair] and (seat < 0 or tree.forced_in[pair] < tree.forced_in[seat]):
                seat = pair
        if seat < 0:
            continue
        for pair in range(layout.need_start[need], layout.need_start[need + 1]):
            if tree.state[pair] == FREE and pair != seat:
                elsewhere = min(elsewhere, tree.forced_in[pair])
        regret = max(elsewhere, tree.forced_out[seat]) - tree.forced_in[seat]
        if regret > best:
            best = regret
            chosen = seat
    return chosen


@compiled
def back(layout: Layout, tree: Tree, ascent: Ascent) -> bool:
    """Go to the next child that was not visited; tell whether there is one."""
    mark = tree.mark
    while mark[0] > 0:
        top = mark[0] - 1
        undo(layout, tree, tree.branch[top, 1])
        if tree.branch[top, 2] < 2:
            was_in = tree.branch[top, 2] == 1
            tree.branch[top, 2] += 2
            decide(layout, tree, tree.branch[top, 0], OUT if was_in else IN)
            ascent.best_price[:] = tree.price_at[top]
            return True
        mark[0] = top
    return False


@compiled
def found(tree: Tree, chosen: States) -> int:
    """Keep the plan found."""
    tree.plan[:] = chosen == 1
    return FOUND


@compiled
def cost_of(layout: Layout, chosen: States) -> int:
    """Add up the cost of the pairs marked 1; where knapsacks are fractions it is more than the bound."""
    cost = 0
    for pair in range(chosen.size):
        if chosen[pair] == IN:
            cost += layout.pair_cost[pair]
    return cost


@compiled
def visit(layout: Layout, tree: Tree, ascent: Ascent, limit: int, steps: int) -> int:
    """Look into one node: RUNNING if it is to be branched, FOUND with a plan, NONE_LEFT if it is closed."""
    again = steps
    for _ in range(4):
        if not follow(layout, tree):
            return NONE_LEFT
        needs = ascent.price.size
        for need in range(needs):
            ascent.price[need] = ascent.best_price[need]
        ascent.direction[:] = 0.0
        ascent.mark[0] = -(2**62)
        ascent.mark[1] = 0
        ascent.step[0] = 1.0
        ascend(layout, tree.state, tree.room, ascent, limit + 1, again, 4)
        if ascent.mark[0] > limit:
            return NONE_LEFT
        if ascent.mark[2] and cost_of(layout, ascent.pick) <= limit:
            return found(tree, ascent.pick)
        bound = weigh(layout, tree, ascent)
        count = rule_out(layout, tree, bound, limit)
        if count == 0:
            break
        if not follow(layout, tree):
            return NONE_LEFT
        if count < 3:
            break
    return RUNNING


@compiled
def explore(layout: Layout, tree: Tree, ascent: Ascent, limit: int, nodes: int, steps: int) -> int:
    """Visit some nodes in search of a plan that costs at most `limit` (scaled); begin with `tree.mark[3]` = 1."""
    mark = tree.mark
    for _ in range(nodes):
        mark[4] += 1
        answer = visit(layout, tree, ascent, limit, steps * 5 if mark[0] == 0 else steps)
        if answer == FOUND:
            return FOUND
        pair = -1
        if answer == RUNNING:
            pair = likeliest(layout, tree, ascent.pick)
            if pair < 0:
                pair = choose(layout, tree)
            if pair < 0 and cost_of(layout, tree.state) <= limit:
                return found(tree, tree.state)
        if pair < 0:
            if not back(layout, tree, ascent):
                return NONE_LEFT
            continue
        top = mark[0]
        if top >= tree.branch.shape[0]:
            return TOO_DEEP
        tree.branch[top, 0] = pair
        tree.branch[top, 1] = mark[1]
        inside = ascent.pick[pair]
        tree.branch[top, 2] = inside
        tree.price_at[top] = ascent.best_price
        mark[0] = top + 1
        mark[5] = max(mark[5], mark[0])
        decide(layout, tree, pair, IN if inside else OUT)
    return RUNNING
