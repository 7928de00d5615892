"""The simulated world: residents, volunteers and their habits, drawn from a charter's rates and one seed.

Pure but for its own seeded generators: one stream a section, so that adding a section does not shift the others.
Names and numbers are made up; the telephone numbers lie in a range that no operator assigns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from linkage.schemas.charter import Charter
from linkage.schemas.charter_calendar import AgeBand, Simulation
from linkage.terms import NeedCategory

_FAMILY_NAMES = "杨吴石陆潘龙罗韦莫覃黄欧田姚王李周张陈蒙"
_GIVEN_NAMES = "月英秀兰桂花老金光明永福建国志强玉珍海生春妹银川德胜文清美莲宏伟小梅再荣昌平艳芳"

# Shares of what residents ask for; from the workload figures of our own benchmark generator, example.
_WISHES: Mapping[NeedCategory, float] = {
    NeedCategory.MEAL: 0.34,
    NeedCategory.VISIT: 0.22,
    NeedCategory.HEALTH: 0.40,
    NeedCategory.CULTURE: 0.24,
    NeedCategory.ESCORT: 0.12,
    NeedCategory.CLEANING: 0.12,
    NeedCategory.REPAIR: 0.08,
    NeedCategory.GOODS: 0.14,
    NeedCategory.LEGAL: 0.03,
    NeedCategory.TUTORING: 0.10,
    NeedCategory.TRAINING: 0.08,
    NeedCategory.FUND: 0.02,
    NeedCategory.SPACE: 0.03,
    NeedCategory.OTHER: 0.05,
}
_CONSENT_RATIO = 0.95
_WEEKDAYS = range(1, 8)
_MORNING, _AFTERNOON, _EVENING = (8 * 60, 13 * 60 + 30), (13 * 60, 18 * 60), (18 * 60, 22 * 60)
# How likely a volunteer of a segment is free: weekday and weekend, each morning, afternoon, evening.
_SEGMENTS: tuple[tuple[float, tuple[float, float, float], tuple[float, float, float]], ...] = (
    (0.42, (0.75, 0.70, 0.35), (0.60, 0.55, 0.25)),  # retired
    (0.25, (0.15, 0.15, 0.45), (0.65, 0.65, 0.40)),  # working
    (0.20, (0.25, 0.30, 0.45), (0.70, 0.65, 0.40)),  # student
    (0.13, (0.60, 0.45, 0.25), (0.45, 0.40, 0.25)),  # homemaker
)


@dataclass(frozen=True, slots=True)
class Resident:
    """One simulated resident."""

    number: int
    name: str
    phone: str
    age: int
    gender: str
    area: str
    has_consented: bool
    answers: bool


@dataclass(frozen=True, slots=True)
class SimulatedVolunteer:
    """One simulated volunteer; availability is `(weekday 1-7, from minute, to minute)`."""

    number: int
    name: str
    phone: str
    birth_year: int
    skills: tuple[str, ...]
    availability: tuple[tuple[int, int, int], ...]
    is_lead: bool
    max_minutes_per_month: int


@dataclass(frozen=True)
class World:
    """Everybody, and how likely they are to do what."""

    charter: Charter
    rates: Simulation
    seed: int
    residents: tuple[Resident, ...]
    volunteers: tuple[SimulatedVolunteer, ...]

    def stream(self, section: str) -> np.random.Generator:
        """Return a section's own generator; the same section gives the same draws."""
        return _stream(self.seed, section)


def _stream(seed: int, section: str) -> np.random.Generator:
    key = int.from_bytes(sha256(section.encode()).digest()[:8])
    return np.random.Generator(np.random.PCG64([seed, key]))


def default_rates(charter: Charter) -> Simulation:
    """Return plausible rates for a charter that gives none."""
    count = charter.project.beneficiaries.population_count or charter.project.beneficiaries.target_count
    return Simulation(population=(AgeBand(min_age=18, max_age=90, population_count=count),))


def make_world(charter: Charter, seed: int, *, scale: float = 1.0) -> World:
    """Draw a world.

    Parameters
    ----------
    scale
        Multiplies the number of residents and volunteers; above 0.
    """
    rates = charter.simulation or default_rates(charter)
    residents = _residents(charter, rates, seed, scale)
    return World(charter, rates, seed, residents, _volunteers(charter, rates, seed, scale))


def _name(draw: np.random.Generator) -> str:
    given = "".join(_GIVEN_NAMES[index] for index in draw.integers(0, len(_GIVEN_NAMES), size=2))
    return _FAMILY_NAMES[int(draw.integers(0, len(_FAMILY_NAMES)))] + given


def _residents(charter: Charter, rates: Simulation, seed: int, scale: float) -> tuple[Resident, ...]:
    draw = _stream(seed, "residents")
    places = [area.code for community in charter.communities for area in community.areas]
    places = places or [community.code for community in charter.communities]
    people: list[Resident] = []
    for band in rates.population:
        for _ in range(round(band.population_count * scale)):
            number = len(people) + 1
            people.append(
                Resident(
                    number=number,
                    name=_name(draw),
                    phone=f"1{number % 10**10:010d}",
                    age=int(draw.integers(band.min_age, band.max_age + 1)),
                    gender="女" if draw.random() < 0.52 else "男",
                    area=places[int(draw.integers(0, len(places)))],
                    has_consented=bool(draw.random() < _CONSENT_RATIO),
                    answers=bool(draw.random() < rates.answer_ratio),
                )
            )
    return tuple(people)


def _volunteers(charter: Charter, rates: Simulation, seed: int, scale: float) -> tuple[SimulatedVolunteer, ...]:
    draw = _stream(seed, "volunteers")
    started = charter.project.period.from_on.year
    weights = [segment[0] for segment in _SEGMENTS]
    people: list[SimulatedVolunteer] = []
    for number in range(1, round(rates.volunteers_count * scale) + 1):
        segment = _SEGMENTS[int(draw.choice(len(_SEGMENTS), p=weights))]
        people.append(
            SimulatedVolunteer(
                number=number,
                name=_name(draw),
                phone=f"19{number % 10**9:09d}",
                birth_year=started - int(draw.integers(18, 72)),
                skills=tuple(skill for skill, share in sorted(rates.volunteer_skills.items()) if draw.random() < share),
                availability=_availability(draw, segment[1], segment[2]),
                is_lead=bool(draw.random() < 0.25),
                max_minutes_per_month=60 * int(np.clip(draw.lognormal(np.log(20), 0.5), 4, 60)),
            )
        )
    return tuple(people)


def _availability(
    draw: np.random.Generator, weekday: Sequence[float], weekend: Sequence[float]
) -> tuple[tuple[int, int, int], ...]:
    windows: list[tuple[int, int, int]] = []
    for day in _WEEKDAYS:
        chances = weekday if day <= 5 else weekend
        for (start, end), chance in zip((_MORNING, _AFTERNOON, _EVENING), chances, strict=True):
            if draw.random() < chance:
                windows.append((day, start, end))
    return tuple(windows)


def wishes(world: World, resident: Resident, options: Mapping[str, NeedCategory], question: str) -> tuple[str, ...]:
    """Return the options a resident ticks in a question; elders ask more."""
    draw = _stream(world.seed, f"wishes|{question}|{resident.number}")
    factor = 1.0 if resident.age >= 60 else 0.45
    return tuple(label for label, category in options.items() if draw.random() < _WISHES[category] * factor)
