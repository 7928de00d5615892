"""Gates and payments: what shuts a tranche, and that nothing is paid twice or beyond the contract."""

from __future__ import annotations

import itertools

import pytest

from linkage.rules.disbursement import Release, TrancheView, may_approve, missing_documents, releases, shut_gates
from linkage.terms import GateKind, TrancheState

ALL = (GateKind.RESULT, GateKind.DOCUMENTS, GateKind.APPROVAL)


def a_tranche(code: str = "midterm", **changed: object) -> TrancheView:
    """Build a tranche that is due with all gates open."""
    values: dict[str, object] = {
        "code": code,
        "amount_fen": 3_000_000,
        "state": TrancheState.LOCKED,
        "gates": ALL,
        "open_gates": frozenset(ALL),
        "is_due": True,
    }
    return TrancheView(**(values | changed))


@pytest.mark.parametrize(
    ("open_gates", "state", "is_due"),
    [
        (frozenset(opened), state, is_due)
        for count in range(4)
        for opened in itertools.combinations(ALL, count)
        for state in TrancheState
        for is_due in (False, True)
    ],
)
def test_paid_only_when_due_locked_and_all_gates_open(
    open_gates: frozenset[GateKind], state: TrancheState, is_due: bool
) -> None:
    """Of all combinations of gates, state and time exactly one pays."""
    tranche = a_tranche(open_gates=open_gates, state=state, is_due=is_due)
    pays = open_gates == set(ALL) and state is TrancheState.LOCKED and is_due
    expected = (Release("midterm", 3_000_000),) if pays else ()

    assert expected == releases([tranche], released_fen=0, contract_fen=10_000_000)


def test_nothing_is_paid_beyond_the_contract() -> None:
    """A payment that would pass the contract's total is not made, nor any after it."""
    tranches = [a_tranche("first", amount_fen=6), a_tranche("second", amount_fen=5), a_tranche("third", amount_fen=1)]

    assert releases(tranches, released_fen=0, contract_fen=10) == (Release("first", 6),)


@pytest.mark.parametrize(
    ("open_gates", "needed_first"),
    [
        ((), (GateKind.RESULT, GateKind.DOCUMENTS)),
        ((GateKind.RESULT,), (GateKind.DOCUMENTS,)),
        ((GateKind.RESULT, GateKind.DOCUMENTS), ()),
    ],
    ids=["nothing", "result", "result-and-documents"],
)
def test_approval_comes_last(open_gates: tuple[GateKind, ...], needed_first: tuple[GateKind, ...]) -> None:
    """The purchaser approves after result and documents."""
    tranche = a_tranche(open_gates=frozenset(open_gates))

    assert needed_first == may_approve(tranche)
    assert shut_gates(tranche) == (*needed_first, GateKind.APPROVAL)


def test_missing_documents_keep_their_order() -> None:
    """The papers still missing are told in the charter's order."""
    assert missing_documents(("合同", "台账", "审计"), {"台账"}) == ("合同", "审计")
