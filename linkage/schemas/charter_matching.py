"""What a project asks of its matching beyond eligibility: the order of its aims, caps by society, quotas by community.

Nothing here is needed: without it the installation's order holds and every offer may be used to its capacity. Units
are units of need, as the service list counts capacity.
"""

from __future__ import annotations

from pydantic import Field

from linkage.schemas.record import Count, Record, Reference
from linkage.terms import MatchObjective, Society


class SocietyCap(Record):
    """How much of a cycle's needs one of the five societies may carry at most, so that no project hangs on one."""

    society: Society = Field(description="五社中的哪一社")
    max_units: Count = Field(description="每个周期最多承接多少份需求")


class CommunityQuota(Record):
    """How much of a cycle's matches a community gets at least, as far as it can be met, and at most."""

    community: Reference = Field(description="社区代码")
    min_units: Count = Field(default=0, description="每个周期至少满足多少份需求；容量不够时尽量接近")
    max_units: Count | None = Field(default=None, description="每个周期最多满足多少份需求；不限就不填")


class MatchingTerms(Record):
    """The project's own rules of matching."""

    objectives: tuple[MatchObjective, ...] = Field(
        default=(), description="匹配目标的先后顺序，前面的先满足；不填用系统设置"
    )
    society_caps: tuple[SocietyCap, ...] = Field(default=(), description="各社承接上限")
    community_quotas: tuple[CommunityQuota, ...] = Field(default=(), description="各社区份额")
