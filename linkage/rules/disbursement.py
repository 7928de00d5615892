"""Disbursement: when a tranche may be paid, and what shuts it.

Pure. A tranche is paid once, whole, when all its gates are open; the sum of what was paid never exceeds the
contract. Money is integer fen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from linkage.terms import GateKind, PartyRole, TrancheState


@dataclass(frozen=True)
class TrancheView:
    """A tranche as the rule sees it.

    Parameters
    ----------
    open_gates
        The gates that are open now.
    is_due
        Whether its time has come: its cycle was assessed, or it is paid at initiation.
    """

    code: str
    amount_fen: int
    state: TrancheState
    gates: tuple[GateKind, ...]
    open_gates: frozenset[GateKind]
    is_due: bool


@dataclass(frozen=True)
class Release:
    """A payment to make now."""

    tranche: str
    amount_fen: int


WHOSE_TURN = {
    GateKind.RESULT: PartyRole.ASSESSOR,
    GateKind.DOCUMENTS: PartyRole.PROVIDER,
    GateKind.APPROVAL: PartyRole.PURCHASER,
}


def shut_gates(tranche: TrancheView) -> tuple[GateKind, ...]:
    """List the gates that are shut, in the order people open them: result, documents, approval."""
    return tuple(kind for kind in GateKind if kind in tranche.gates and kind not in tranche.open_gates)


def releases(tranches: Sequence[TrancheView], *, released_fen: int, contract_fen: int) -> tuple[Release, ...]:
    """List the payments to make now.

    Parameters
    ----------
    released_fen
        What the ledger says was paid so far.
    contract_fen
        The contract's total; nothing is paid beyond it.
    """
    paid = released_fen
    due: list[Release] = []
    for tranche in tranches:
        if tranche.state is not TrancheState.LOCKED or not tranche.is_due or shut_gates(tranche):
            continue
        if paid + tranche.amount_fen > contract_fen:
            break
        paid += tranche.amount_fen
        due.append(Release(tranche.code, tranche.amount_fen))
    return tuple(due)


def may_approve(tranche: TrancheView) -> tuple[GateKind, ...]:
    """List the gates that must open before the purchaser approves; empty when approval is in order."""
    return tuple(kind for kind in shut_gates(tranche) if kind is not GateKind.APPROVAL)


def missing_documents(asked: Sequence[str], delivered: Collection[str]) -> tuple[str, ...]:
    """List the papers still to be handed over."""
    return tuple(name for name in asked if name not in delivered)
