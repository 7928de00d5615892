"""The parameters of flows: ids and an instant, nothing a person could be known by.

Prefect keeps parameters in clear and logs them when they do not validate. The descriptions are shown in the form
Prefect's page makes of them, to operators who read Chinese.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

OrganizationId = Annotated[int, Field(gt=0, title="机构编号", description="项目所属机构的编号")]
ProjectId = Annotated[int, Field(gt=0, title="项目编号", description="项目的编号（数字，不是项目代码）")]
Version = Annotated[int, Field(ge=0, title="项目版本", description="项目当前版本；版本已过则不做任何事")]
Instant = Annotated[
    datetime | None, Field(title="时刻", description="按此时刻办理（用于演示和补办）；留空为现在", json_schema_extra={})
]


class StageParameters(BaseModel):
    """What a stage flow is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    organization_id: OrganizationId
    project_id: ProjectId
    version: Version
    now: Instant = None


class ClockParameters(BaseModel):
    """What a flow over all projects is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    now: Instant = None
