"""Whether a charter's promises fit together: period and cycles, money and gates, roles, consents, calendar.

Each rule tells its complaint at the value to be changed and is silent where a value it needs is already known
to be wrong.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from linkage.schemas.charter_project import cycle_periods
from linkage.schemas.draft import EACH, Draft
from linkage.schemas.problem import Location
from linkage.terms import AssessmentPhase, ConsentPurpose, GateKind, PartyRole

NEEDED_ROLES: Final = (PartyRole.PURCHASER, PartyRole.PROVIDER, PartyRole.COMMUNITY, PartyRole.ASSESSOR)


def check_period(draft: Draft) -> None:
    """A project ends after it starts."""
    from_on, to_on = draft.day(("project", "period", "from_on")), draft.day(("project", "period", "to_on"))
    if from_on is not None and to_on is not None and to_on < from_on:
        draft.broken.add(("project", "period"))
        draft.tell(
            ("project", "period", "to_on"), f"'{to_on}' is before the start '{from_on}'; it must be on or after it"
        )


def check_beneficiaries(draft: Draft) -> None:
    """Nobody promises to reach more persons than there are."""
    population = draft.number(("project", "beneficiaries", "population_count"))
    target = draft.number(("project", "beneficiaries", "target_count"))
    if population is not None and target is not None and target > population:
        message = f"'{target}' persons are more than the {population} there are; persons are not person-times"
        draft.tell(("project", "beneficiaries", "target_count"), message)


def check_claims(draft: Draft) -> None:
    """One source states one value at one date; a second value needs its own source or date."""
    stated: dict[tuple[Any, ...], Location] = {}
    for location, claim in draft.items("project", "claims", EACH):
        key = tuple(str(claim.get(name)) for name in ("subject", "unit", "source", "as_of"))
        if draft.is_sound(location) and stated.setdefault(key, location) != location:
            line = draft.source.line(stated[key])
            message = f"'{claim['source']}' already states this on line {line}; name the other source or date"
            draft.tell((*location, "source"), message)


def check_roles(draft: Draft) -> None:
    """Purchaser, provider, community and assessor are named, and nobody assesses their own work."""
    if draft.codes("parties", EACH, "code") is None:
        return
    for location, roles in draft.find("parties", EACH, "roles"):
        if {PartyRole.ASSESSOR, PartyRole.PROVIDER} <= set(roles):
            draft.tell(location, "a provider may not be the assessor of its own work; name an independent assessor")
    if all(draft.is_sound((*location, "roles")) for location, _ in draft.items("parties", EACH)):
        present = {role for _, role in draft.find("parties", EACH, "roles", EACH)}
        for role in NEEDED_ROLES:
            if role not in present:
                draft.tell(("parties",), f"no party has the role '{role.value}' ({role.label}); give it to one")


def check_consents(draft: Draft) -> None:
    """People are asked whether their answers may be used to serve them (PIPL 13)."""
    is_complete = draft.is_sound(("consents",)) and draft.get(("consents",)) is not None
    purposes = {purpose for _, purpose in draft.find("consents", EACH, "purpose")}
    if is_complete and ConsentPurpose.SERVICE not in purposes:
        draft.tell(("consents",), "no consent text for the purpose 'service'; without it no answer may be used")


def check_summary(draft: Draft) -> None:
    """The community summary has one day: of the week or of the month."""
    location: Location = ("reporting", "community_summary")
    summary = draft.get(location)
    if summary is None:
        return
    given = [name for name in ("weekday", "day_of_month") if summary.get(name) is not None]
    if len(given) != 1:
        draft.tell(location, f"give either weekday or day_of_month, not {'both' if given else 'neither'}")


def check_pledge(draft: Draft) -> None:
    """A monthly pledge lasts over a month and so needs a written agreement (Zhejiang art. 21, Beijing art. 18)."""
    terms = draft.get(("volunteers",))
    if terms is not None and terms.get("pledge_minutes_per_month") and not terms.get("agreement_text"):
        message = "a monthly pledge needs a written agreement; add 'agreement_text:' or pledge 0 minutes"
        draft.tell(("volunteers", "pledge_minutes_per_month"), message)


def check_budget(draft: Draft) -> None:
    """The budget lines sum to the total."""
    total = draft.number(("budget", "total_yuan"))
    amounts = _all_numbers(draft, ("budget", "lines"), "amount_yuan")
    if total is not None and amounts and sum(amounts) != total:
        message = f"the lines sum to {sum(amounts):.2f} yuan, the total says {total:.2f}; correct one of them"
        draft.tell(("budget", "total_yuan"), message)


def check_ratios(draft: Draft) -> None:
    """The tranches together are the whole sum."""
    ratios = _all_numbers(draft, ("tranches",), "ratio_percent")
    if ratios and sum(ratios) != 100:
        draft.tell(("tranches",), f"the tranche ratios sum to {sum(ratios)} %; they must sum to 100 %")


def check_tranche_cycles(draft: Draft) -> None:
    """A tranche falls due after a cycle the project has; the final assessment comes last, the mid-term before it."""
    from_on, to_on = draft.day(("project", "period", "from_on")), draft.day(("project", "period", "to_on"))
    months = draft.get(("project", "cycle_months"))
    if from_on is None or to_on is None or months is None:
        return
    last = len(cycle_periods(from_on, to_on, months))
    seen: set[str | None] = {None}
    for location, cycle in draft.find("tranches", EACH, "cycle"):
        phase = draft.get((*location[:-1], "assessment"))
        is_repeated = phase in seen
        seen.add(phase)
        if cycle > last:
            draft.tell(location, f"cycle {cycle} does not exist; the period has {last} (0 means at initiation)")
        elif is_repeated:
            continue  # told with its gate
        elif phase == AssessmentPhase.FINAL and cycle != last:
            draft.tell(location, f"the final assessment follows the last cycle; write {last}, not {cycle}")
        elif phase == AssessmentPhase.MIDTERM and not 0 < cycle < last:
            draft.tell(
                location, f"a mid-term assessment follows a cycle before the last; write 1 to {last - 1}, not {cycle}"
            )


def check_gates(draft: Draft) -> None:
    """Each gate of a tranche has the fact it waits for, and each fact has its gate."""
    phases: dict[str, Location] = {}
    for location, tranche in draft.items("tranches", EACH):
        gates = draft.get((*location, "gates"))
        phase = tranche.get("assessment", AssessmentPhase.NONE.value)
        if phase != AssessmentPhase.NONE and draft.is_sound((*location, "assessment")):
            earlier = phases.setdefault(phase, location)
            if earlier != location:
                line = draft.source.line(earlier)
                draft.tell((*location, "assessment"), f"'{phase}' was already used by the tranche on line {line}")
        if gates is None:
            continue
        if len(set(gates)) < len(gates):
            draft.tell((*location, "gates"), "a gate is given twice; keep one of each")
        if draft.is_sound((*location, "assessment")):
            _match_gate(draft, location, gate=GateKind.RESULT, has_fact=phase != AssessmentPhase.NONE)
        if draft.is_sound((*location, "documents")):
            _match_gate(draft, location, gate=GateKind.DOCUMENTS, has_fact=bool(tranche.get("documents")))


_FACTS: Final = {
    GateKind.RESULT: ("assessment", "name the assessment it waits for ('assessment: midterm' or 'final')"),
    GateKind.DOCUMENTS: ("documents", "list the papers it waits for under 'documents:'"),
}


def _match_gate(draft: Draft, location: Location, *, gate: GateKind, has_fact: bool) -> None:
    field, remedy = _FACTS[gate]
    has_gate = gate in draft.get((*location, "gates"))
    if has_gate and not has_fact:
        draft.tell((*location, "gates"), f"the gate '{gate.value}' waits for nothing; {remedy}, or remove the gate")
    if has_fact and not has_gate:
        message = f"'{field}' is given but no gate waits for it; add '{gate.value}' to the gates, or remove it"
        draft.tell((*location, field), message)


def _all_numbers(draft: Draft, section: Location, field: str) -> list[Decimal]:
    """Read one number of every entry of a section; nothing if a single one is missing or broken."""
    if draft.get(section[:1]) is None and section[:1] in draft.broken:
        return []
    entries = list(draft.items(*section, EACH))
    numbers = [draft.number((*location, field)) for location, _ in entries]
    found = [number for number in numbers if number is not None]
    return found if len(found) == len(entries) else []
