"""The project charter: one YAML file that says everything about a project.

This module holds the whole and its lookups. Its sections stand in `charter_project`, `charter_party`,
`charter_contract`, `charter_matching`, `charter_survey` and `charter_calendar`. A charter is built by `check_charter` or
`load_charter` from a file; those know the lines and the rules that span sections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeVar

from pydantic import Field

from linkage.errors import Unknown
from linkage.schemas.charter_calendar import ConsentText, Reporting, Simulation, VolunteerTerms
from linkage.schemas.charter_contract import AssessmentPlan, Budget, ContractUnit, Duty, Tranche, split_fen
from linkage.schemas.charter_matching import MatchingTerms
from linkage.schemas.charter_party import Party, ServiceItem
from linkage.schemas.charter_project import Area, Community, CyclePeriod, Organization, Project, cycle_periods
from linkage.schemas.charter_survey import SurveySource
from linkage.schemas.record import Record
from linkage.terms import ConsentPurpose, PartyRole


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


CodedT = TypeVar("CodedT", bound=_Coded)


class Charter(Record):
    """Everything about one project, as its people agreed it."""

    charter: Literal[1] = Field(description="格式版本，目前为 1")
    organization: Organization = Field(description="项目档案归哪个机构所有")
    project: Project = Field(description="项目基本情况")
    communities: tuple[Community, ...] = Field(min_length=1, description="项目所在的社区（村）")
    parties: tuple[Party, ...] = Field(min_length=1, description="参与方：购买方、承接方、社区、评估机构等")
    services: tuple[ServiceItem, ...] = Field(min_length=1, description="服务清单：五社各自提供什么")
    matching: MatchingTerms = Field(default=MatchingTerms(), description="资源匹配的规则，可不填")
    contract_units: tuple[ContractUnit, ...] = Field(min_length=1, description="合同单元：数量和每个单元的最低要求")
    responsibilities: tuple[Duty, ...] = Field(min_length=1, description="责任清单")
    budget: Budget = Field(description="预算")
    tranches: tuple[Tranche, ...] = Field(min_length=1, description="分期拨付计划")
    assessment: AssessmentPlan = Field(description="评估方案")
    reporting: Reporting = Field(description="报告日历")
    consents: tuple[ConsentText, ...] = Field(min_length=1, description="知情同意文字")
    volunteers: VolunteerTerms = Field(description="志愿者约定")
    survey: tuple[SurveySource, ...] = Field(min_length=1, description="需求调查怎样变成需求")
    simulation: Simulation | None = Field(default=None, description="演示用的假设，不影响真实项目，可不填")

    def cycles(self) -> tuple[CyclePeriod, ...]:
        """Cut the project's period into its cycles, numbered from 1."""
        period = self.project.period
        return cycle_periods(period.from_on, period.to_on, self.project.cycle_months)

    def cycle(self, number: int) -> CyclePeriod:
        """Find one cycle by its number, from 1."""
        for cycle in self.cycles():
            if cycle.number == number:
                return cycle
        raise Unknown(f"project {self.project.code} has no cycle {number}; it has 1 to {len(self.cycles())}")

    def tranche_amounts_fen(self) -> dict[str, int]:
        """Compute each tranche's amount by code; the amounts sum to the budget's total to the fen."""
        amounts = split_fen(self.budget.total_fen, [tranche.ratio_percent for tranche in self.tranches])
        return {tranche.code: amount for tranche, amount in zip(self.tranches, amounts, strict=True)}

    def community(self, code: str) -> Community:
        """Find a community by code."""
        return self._one("communities", self.communities, code)

    def areas(self) -> dict[str, Area]:
        """List the areas of all communities by code."""
        return {area.code: area for community in self.communities for area in community.areas}

    def community_of(self, code: str) -> Community:
        """Find the community that a community or area code stands in."""
        for community in self.communities:
            if code == community.code or any(code == area.code for area in community.areas):
                return community
        raise Unknown(f"project {self.project.code} has no community or area with code {code!r}")

    def party(self, code: str) -> Party:
        """Find a party by code."""
        return self._one("parties", self.parties, code)

    def parties_with(self, role: PartyRole) -> tuple[Party, ...]:
        """List the parties that have a role."""
        return tuple(party for party in self.parties if role in party.roles)

    def service_item(self, code: str) -> ServiceItem:
        """Find a line of the service list by code."""
        return self._one("services", self.services, code)

    def contract_unit(self, code: str) -> ContractUnit:
        """Find a contract unit by code."""
        return self._one("contract_units", self.contract_units, code)

    def tranche(self, code: str) -> Tranche:
        """Find a tranche by code."""
        return self._one("tranches", self.tranches, code)

    def tranches_of(self, cycle_number: int) -> tuple[Tranche, ...]:
        """List the tranches due after a cycle; 0 asks for those due at initiation."""
        return tuple(tranche for tranche in self.tranches if tranche.cycle == cycle_number)

    def consent(self, purpose: ConsentPurpose) -> ConsentText | None:
        """Find the consent text for a purpose, if the project asks for it."""
        return next((consent for consent in self.consents if consent.purpose is purpose), None)

    def survey_source(self, source: str) -> SurveySource:
        """Find a survey source by code."""
        for candidate in self.survey:
            if candidate.source == source:
                return candidate
        known = ", ".join(candidate.source for candidate in self.survey)
        raise Unknown(f"project {self.project.code} has no survey source {source!r}; it has {known}")

    def _one(self, section: str, records: Sequence[CodedT], code: str) -> CodedT:
        for record in records:
            if record.code == code:
                return record
        known = ", ".join(record.code for record in records)
        raise Unknown(f"project {self.project.code} has no {code!r} in {section}; it has {known}")
