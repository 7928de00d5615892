"""All tables by noun. Import tables from here; the modules group what is read together."""

from linkage.db.tables.assessments import Assessment, Rectification, Score
from linkage.db.tables.delivery import CheckEvent, Evidence, HoursEntry, Presence, Rating, ServiceRecord
from linkage.db.tables.documents import Figure, FrozenList, Report, StoredFile
from linkage.db.tables.ledger import Gate, MoneyEntry, Tranche
from linkage.db.tables.matches import Gap, Match, MatchRun
from linkage.db.tables.messages import Message, MessageAttempt
from linkage.db.tables.needs import Claim, CommonIssue, Need, SurveyImport, SurveyResponse
from linkage.db.tables.organizations import IdBlock, Organization
from linkage.db.tables.people import Consent, Person, Volunteer
from linkage.db.tables.projects import (
    Area,
    Charter,
    Community,
    ContractUnit,
    Party,
    Project,
    ProjectParty,
    ServiceItem,
)
from linkage.db.tables.shifts import Activity, Assignment, RosterRun, Shift, ShiftOffer
from linkage.db.tables.trail import AuditEntry, AuditHead, Decision, Effect, StageRun

__all__ = [
    "Activity",
    "Area",
    "Assessment",
    "Assignment",
    "AuditEntry",
    "AuditHead",
    "Charter",
    "CheckEvent",
    "Claim",
    "CommonIssue",
    "Community",
    "Consent",
    "ContractUnit",
    "Decision",
    "Effect",
    "Evidence",
    "Figure",
    "FrozenList",
    "Gap",
    "Gate",
    "HoursEntry",
    "IdBlock",
    "Match",
    "MatchRun",
    "Message",
    "MessageAttempt",
    "MoneyEntry",
    "Need",
    "Organization",
    "Party",
    "Person",
    "Presence",
    "Project",
    "ProjectParty",
    "Rating",
    "Rectification",
    "Report",
    "RosterRun",
    "Score",
    "ServiceItem",
    "ServiceRecord",
    "Shift",
    "ShiftOffer",
    "StageRun",
    "StoredFile",
    "SurveyImport",
    "SurveyResponse",
    "Tranche",
    "Volunteer",
]
