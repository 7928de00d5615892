"""The roster format: volunteers, shifts with seats, wishes and rules as one JSON object, declared once.

Only what single values may be stands here; `roster` reads a file and decides what goes together.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from linkage.imports.instances.fields import ByName, Key, Many, OneOrMany, Record, Row
from linkage.imports.instances.kinds import Flag, Name, Ratio, Real, Whole, Word
from linkage.terms import RosterObjective

LARGEST: Final = 2**31 - 1
LARGEST_WEIGHT: Final = 10**6
LARGEST_HORIZON_DAYS: Final = 3660
LARGEST_COORDINATE: Final = 1e8

_MINUTES: Final = Whole(0, LARGEST)
_WEIGHT: Final = Whole(0, LARGEST_WEIGHT)
_PATTERN: Final = Record(
    {
        "max_shifts_by_kind": Key(ByName(_MINUTES), "most shifts of each kind; a kind not named is not limited"),
        "min_minutes": Key(_MINUTES, "fewest minutes over the horizon"),
        "max_minutes": Key(_MINUTES, "most minutes over the horizon"),
        "max_consecutive_days": Key(_MINUTES, "most days worked in a row"),
        "min_consecutive_days": Key(Whole(1, LARGEST), "fewest days worked in a row"),
        "min_consecutive_days_off": Key(Whole(1, LARGEST), "fewest days off in a row"),
        "max_weekends": Key(_MINUTES, "most weekends worked, on the Saturday or the Sunday"),
        "days_off": Key(Many(Whole(0, LARGEST_HORIZON_DAYS)), "days, from 0, on which no shift may start"),
    },
    note="The work pattern of somebody on paid duty: at most one shift a day, and these limits.",
)
_VOLUNTEER: Final = Record(
    {
        "id": Key(Name(), "the person's id", is_required=True),
        "skills": Key(Many(Name()), "skills held"),
        "certificates": Key(ByName(_MINUTES), "for a skill, the minute until which its certificate is valid"),
        "available": Key(
            Many(Row((Whole(-LARGEST, LARGEST), Whole(-LARGEST, LARGEST)), "[start, end] in minutes")),
            "when the person is available, minutes from the horizon's start; always if absent, never if empty",
        ),
        "max_minutes": Key(_MINUTES, "most minutes over the horizon", is_open=True),
        "max_minutes_day": Key(_MINUTES, "most minutes on a day", is_open=True),
        "max_minutes_week": Key(_MINUTES, "most minutes in a week (7 days from the horizon's start)", is_open=True),
        "pledge_minutes": Key(_MINUTES, "minutes promised over the horizon; a soft minimum"),
        "rest_minutes": Key(_MINUTES, "least minutes between shifts on different days"),
        "group": Key(Name(), "those who name the same group like to serve together", is_open=True),
        "pattern": Key(_PATTERN, "work pattern of a paid duty rota", is_open=True),
        "lead": Key(Flag(), "qualified to lead; where no volunteer of the file says it, everybody may lead"),
        "newcomer": Key(Flag(), "serves only beside somebody experienced"),
        "experienced": Key(Flag(), "may accompany newcomers"),
        "max_strain_week": Key(_MINUTES, "most strain of the shifts of a week", is_open=True),
    }
)
_SEAT: Final = Record(
    {
        "skill": Key(Name(), "skill asked for; null for none", is_open=True),
        "min": Key(_WEIGHT, "people needed; the target if absent"),
        "target": Key(_WEIGHT, "people wanted; min if absent, else 1"),
        "max": Key(
            Whole(0, LARGEST), "most people; target if absent, open if null or over_weight is given", is_open=True
        ),
        "under_weight": Key(_WEIGHT, "what one missing person weighs, times the shift's priority; 1 if absent"),
        "over_weight": Key(_WEIGHT, "what each person beyond the target weighs; 0 if absent"),
    }
)
_SHIFT: Final = Record(
    {
        "id": Key(Name(), "the shift's id", is_required=True),
        "start": Key(_MINUTES, "minutes from the horizon's start", is_required=True),
        "end": Key(_MINUTES, "minutes from the horizon's start", is_required=True),
        "seats": Key(Many(_SEAT), "groups of equal places", is_required=True),
        "day": Key(Whole(0, LARGEST_HORIZON_DAYS), "day it starts on, from 0; follows from start if absent"),
        "kind": Key(Name(), "such as early, late or night, for patterns and successions", is_open=True),
        "lead": Key(Flag(), "one of those who serve must be qualified to lead"),
        "place": Key(Row((Real(LARGEST_COORDINATE), Real(LARGEST_COORDINATE)), "[x, y]"), "where it is", is_open=True),
        "priority": Key(Whole(1, LARGEST_WEIGHT), "what a missing person weighs; 1 if absent"),
        "strain": Key(_WEIGHT, "fatigue points of serving it; 0 if absent"),
    }
)
_REQUEST: Final = Record(
    {
        "volunteer": Key(Name(), "id of a volunteer", is_required=True),
        "shift": Key(Name(), "id of a shift", is_required=True),
        "want": Key(Flag(), "false: would rather not; true if absent"),
        "weight": Key(_WEIGHT, "what not following it weighs; 1 if absent"),
    }
)
_PAIRS: Final = Many(Row((Name(), Name()), "[volunteer, shift]"))
FORMAT: Final = Record(
    {
        "horizon_days": Key(
            Whole(0, LARGEST_HORIZON_DAYS), "days that may hold shifts; up to the last shift's if absent"
        ),
        "first_weekday": Key(Whole(0, 6), "weekday of day 0, 0 is Monday; 0 if absent"),
        "volunteers": Key(Many(_VOLUNTEER), "who could serve"),
        "shifts": Key(Many(_SHIFT), "what is to be staffed"),
        "requests": Key(Many(_REQUEST), "wishes"),
        "eligible": Key(_PAIRS, "only these pairs may serve; if absent, skills, availability and rules decide"),
        "forbidden_successions": Key(
            Many(Row((Name(), Name()), "[kind, kind]")), "no shift of the second kind on the day after one of the first"
        ),
        "previous": Key(_PAIRS, "the plan people know already; objective `disturbance` counts what is lost of it"),
        "fixed": Key(_PAIRS, "pairs that must stay"),
        "released": Key(Many(Name()), "volunteers whose previous and fixed pairs are let go"),
        "teams": Key(Many(Many(Name(), 2)), "volunteers who serve a shift all together or not at all"),
        "together_weight": Key(_WEIGHT, "what each further member of a group on the same shift saves; 1 if absent"),
        "served_minutes": Key(ByName(_MINUTES), "minutes a volunteer has served towards the pledge already"),
        "buffer_minutes": Key(_MINUTES, "least minutes between any two shifts of a person; 0 if absent"),
        "minutes_per_distance": Key(
            Ratio(Fraction(0), Fraction(LARGEST_WEIGHT)),
            "travel between places is the distance times this, rounded up; no travel if absent",
        ),
        "minimum_factor": Key(
            Whole(1, LARGEST_WEIGHT), "how many times a person missing below min weighs against one below target; 1"
        ),
        "objectives": Key(
            Many(OneOrMany(Word(RosterObjective)), 1),
            "what to keep small, most important first; terms in an inner list are summed with their weights",
        ),
        "weights": Key(
            Record({term.value: Key(_WEIGHT, "its weight") for term in RosterObjective}),
            "weight of a term among those it is summed with; 1 if absent",
        ),
    },
    note="A roster problem: who serves on which shift. Times are whole minutes from the horizon's start.",
)
