"""Whether what a charter offers can be carried out and counted: services, matching, contract units, survey, simulation.

Each rule tells its complaint at the value to be changed and is silent where a value it needs is already known
to be wrong.
"""

from __future__ import annotations

from typing import Final

from linkage.schemas.charter_party import RECURRENCES
from linkage.schemas.draft import EACH, Draft, nearest
from linkage.schemas.problem import Location
from linkage.terms import UnitCount

MINUTES_PER_DAY: Final = 24 * 60
RATINGS: Final = ("1", "2", "3", "4", "5")
_WITHIN: Final = (UnitCount.ACTIVITIES, UnitCount.GROUPS, UnitCount.CASES)


def check_contract_units(draft: Draft) -> None:
    """Every contract unit is served: by a service of its method, or by all services when it names no method."""
    unserved = _unserved_units(draft)
    for location, code in unserved.items():
        message = (
            f"no service has 'contract_unit: {code}'; add it to a service, or remove the unit's method to count all"
        )
        draft.tell(location, message)
    for location, minimums in draft.find("contract_units", EACH, "per_unit"):
        counts = draft.get((*location[:-1], "counts"))
        if minimums and counts is not None and counts not in _WITHIN:
            allowed = ", ".join(_WITHIN)
            draft.tell(location, f"a minimum within each unit fits units that count {allowed}, not '{counts}'")


def check_methods(draft: Draft) -> None:
    """A service counts towards a contract unit of its own method."""
    methods = {
        code: draft.get((*location[:-1], "method")) for location, code in draft.find("contract_units", EACH, "code")
    }
    for location, code in draft.find("services", EACH, "contract_unit"):
        method, owed = draft.get((*location[:-1], "method")), methods.get(code)
        if method is not None and owed is not None and method != owed:
            draft.tell(
                (*location[:-1], "method"), f"'{method}' differs from its contract unit '{code}', which is '{owed}'"
            )


def check_eligibility(draft: Draft) -> None:
    """The youngest age is not above the oldest."""
    for location, eligibility in draft.find("services", EACH, "eligibility"):
        youngest, oldest = eligibility.get("min_age"), eligibility.get("max_age")
        if youngest is not None and oldest is not None and youngest > oldest:
            draft.tell((*location, "min_age"), f"'{youngest}' is above max_age {oldest}; swap or correct them")


def check_schedules(draft: Draft) -> None:
    """A schedule repeats in one way, ends on its day, and its dates lie in the project's period."""
    from_on, to_on = draft.day(("project", "period", "from_on")), draft.day(("project", "period", "to_on"))
    for location, schedule in draft.items("services", EACH, "schedule"):
        given = [name for name in RECURRENCES if schedule.get(name) is not None]
        if len(given) != 1 and not any((*location, name) in draft.broken for name in _keys_of(draft, location)):
            wording = f"not {', '.join(given)} together" if given else "none is given"
            draft.tell(location, f"give exactly one of {', '.join(RECURRENCES)}; {wording}")
        start, minutes = draft.get((*location, "start")), draft.get((*location, "duration_minutes"))
        if start is not None and minutes is not None:
            hour, minute = (int(part) for part in str(start).split(":"))
            if hour * 60 + minute + minutes > MINUTES_PER_DAY:
                draft.tell(
                    (*location, "duration_minutes"), f"'{minutes}' minutes from {start} runs past midnight; split it"
                )
        for date_location, _ in draft.find(*location, "on_dates", EACH):
            day = draft.day(date_location)
            if day is not None and from_on is not None and to_on is not None and not from_on <= day <= to_on:
                draft.tell(date_location, f"'{day}' is outside the project's period {from_on} to {to_on}")


def check_crews(draft: Draft) -> None:
    """A crew's minimum is not above its target, fits the places, and serves something that is scheduled."""
    for location, item in draft.items("services", EACH):
        crew = draft.get((*location, "crew"))
        for need_location, need in draft.items(*location, "crew", EACH):
            if draft.is_sound(need_location) and need["min"] > need["target"]:
                draft.tell(
                    (*need_location, "min"),
                    f"'{need['min']}' is above the target {need['target']}; swap or correct them",
                )
        if not crew:
            continue
        skills = [need.get("skill") for need in crew]
        if len(set(skills)) < len(skills):
            draft.tell((*location, "crew"), "a skill is listed twice; add the numbers up in one line")
        if item.get("schedule") is None and draft.is_sound((*location, "schedule")):
            draft.tell(
                (*location, "crew"), "a crew is asked for but there is no schedule; add 'schedule:' or remove the crew"
            )
        places = draft.get((*location, "schedule", "places"))
        least = sum(need["min"] for need in crew)
        if places is not None and places < least:
            draft.tell(
                (*location, "schedule", "places"), f"'{places}' places cannot hold the crew's minimum of {least}"
            )


def check_matching(draft: Draft) -> None:
    """Each aim, society and community is named once; a quota is a community's, its minimum not above its maximum."""
    areas = draft.codes("communities", EACH, "areas", EACH, "code") or {}
    for section, key in (("objectives", None), ("society_caps", "society"), ("community_quotas", "community")):
        first: dict[str, int] = {}
        pattern = ("matching", section, EACH) if key is None else ("matching", section, EACH, key)
        for location, word in draft.find(*pattern):
            line = draft.source.line(location)
            if str(word) in first:
                draft.tell(location, f"'{word}' was already given on line {first[str(word)]}; give each once")
            first.setdefault(str(word), line)
            if key == "community" and word in areas:
                draft.tell(location, f"'{word}' is an area; quotas are by community")
    for location, quota in draft.items("matching", "community_quotas", EACH):
        least, most = quota.get("min_units"), quota.get("max_units")
        if draft.is_sound(location) and least is not None and most is not None and least > most:
            draft.tell((*location, "min_units"), f"'{least}' is above max_units {most}; swap or correct them")


def check_survey(draft: Draft) -> None:
    """A question becomes needs in one way: by its options, or as open text by keywords."""
    for location, question in draft.items("survey", EACH, "needs", EACH):
        if not draft.is_sound(location):
            continue
        is_open, options, keywords = bool(question.get("open")), question.get("options"), question.get("keywords")
        if is_open and options:
            draft.tell(
                (*location, "options"), "an open question has no options; write 'keywords:', or remove 'open: true'"
            )
        elif not is_open and keywords:
            draft.tell((*location, "keywords"), "keywords read free text; add 'open: true', or write 'options:'")
        elif not is_open and not options:
            draft.tell(location, "say how answers become needs: give 'options:', or 'open: true' with 'keywords:'")


def check_simulation(draft: Draft) -> None:
    """Simulation hints are possible: age bands in order and apart, satisfaction from 1 to 5 summing to 1."""
    above = -1
    for location, band in draft.items("simulation", "population", EACH):
        if not draft.is_sound(location):
            continue
        if band["min_age"] > band["max_age"]:
            draft.tell(
                (*location, "min_age"), f"'{band['min_age']}' is above max_age {band['max_age']}; swap or correct them"
            )
        elif band["min_age"] <= above:
            draft.tell(
                (*location, "min_age"), f"'{band['min_age']}' overlaps the band before; start at {above + 1} or later"
            )
        above = max(above, band["max_age"])
    satisfaction = draft.get(("simulation", "satisfaction"))
    if satisfaction is None:
        return
    strange = [rating for rating in satisfaction if rating not in RATINGS]
    for rating in strange:
        draft.tell(("simulation", "satisfaction", rating), f"'{rating}' is not a rating; ratings are 1 to 5")
    total = round(sum(float(share) for share in satisfaction.values()), 6)
    if not strange and total != 1:
        draft.tell(("simulation", "satisfaction"), f"the shares sum to {total}; they must sum to 1")


def _keys_of(draft: Draft, location: Location) -> set[str]:
    depth = len(location)
    return {str(broken[depth]) for broken in draft.broken if len(broken) > depth and broken[:depth] == location}


def _unserved_units(draft: Draft) -> dict[Location, str]:
    """Find units no service refers to, leaving out one for each service whose reference is wrong itself."""
    services = list(draft.items("services", EACH))
    if not services:
        return {}
    used = {str(item.get("contract_unit")) for _, item in services}
    methods = {str(unit.get("code")): unit.get("method") for _, unit in draft.items("contract_units", EACH)}
    unserved = {
        location: code
        for location, code in draft.find("contract_units", EACH, "code")
        if methods[code] is not None and code not in used
    }
    for location, item in services:
        reference = str(item.get("contract_unit"))
        is_absent = item.get("contract_unit") is None and draft.is_sound((*location, "contract_unit"))
        if is_absent or reference in methods:
            continue
        meant = nearest(reference, unserved.values())
        same_method = (code for code in unserved.values() if methods[code] == item.get("method"))
        excused = meant if meant is not None else next(same_method, None)
        unserved = {place: code for place, code in unserved.items() if code != excused}
    return unserved
