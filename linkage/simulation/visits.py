"""Household visits of a simulated project: the committee goes along, and what is heard becomes needs.

Each cycle a few households are visited that had not answered the questionnaire, the oldest people first.
"""

from __future__ import annotations

from datetime import datetime

from linkage.rules.survey_respondent import Respondent
from linkage.rules.survey_visit import Visit
from linkage.simulation.world import Resident, World, wishes
from linkage.stages.standing import local_date
from linkage.terms import Channel, NeedCategory, PartyRole

_PER_CYCLE = 6


def visits_of_cycle(world: World, cycle: int, now: datetime) -> tuple[Visit, ...]:
    """List the visits made at the beginning of a cycle; none where the charter has no form for them."""
    if not any(source.channel is Channel.HOME_VISIT for source in world.charter.survey):
        return ()
    silent = sorted((one for one in world.residents if not one.answers), key=lambda one: (-one.age, one.number))
    chosen = silent[(cycle - 1) * _PER_CYCLE : cycle * _PER_CYCLE]
    visits = (_visit(world, resident, cycle, now) for resident in chosen)
    return tuple(visit for visit in visits if visit.needs)


def _visit(world: World, resident: Resident, cycle: int, now: datetime) -> Visit:
    categories = {item.category.value: item.category for item in world.charter.services}
    asked = wishes(world, resident, categories, f"visit-{cycle}")
    committees = world.charter.parties_with(PartyRole.COMMUNITY)
    return Visit(
        key=f"visit-{cycle}-{resident.number}",
        visited_on=local_date(now),
        place=resident.area,
        present_party=committees[0].code if committees else None,
        has_consent=resident.has_consented,
        needs={NeedCategory.of(category): 1 for category in asked},
        respondent=Respondent(
            name=resident.name,
            phone=resident.phone,
            birth_year=local_date(now).year - resident.age,
            gender=resident.gender,
        ),
    )
