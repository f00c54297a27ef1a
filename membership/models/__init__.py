"""All models of the room; each job's stand in a module of their own."""

from membership.models.admission import Application, Area, GuestTerm, Objection, anniversary
from membership.models.bulk import BulkRow, BulkRun, Errand
from membership.models.custom import CustomField, Emptied, FieldValue
from membership.models.duplicates import Pair, Question, Trace
from membership.models.exports import Export, ExportPart, ExportPurpose
from membership.models.lists import ColumnMapping, ListImport, StagedRow
from membership.models.member import (
    ACTIVE,
    GONE,
    QUIET_SINCE,
    UNREACHABLE,
    Change,
    Gender,
    Member,
    MemberQuerySet,
    Membership,
    MembershipQuerySet,
    Status,
    age_on,
    reached_by,
)
from membership.models.merging import Merge
from membership.models.movements import Movement
from membership.models.notices import Notice, NoticePattern
from membership.models.own_data import Ask, Proposal
from membership.models.reading import Reading
from membership.models.sections import SectionRule
from membership.models.tags import MemberTag, Tag, tagged
from membership.models.transfers import Transfer
from membership.models.views import SavedView

__all__ = [
    "ACTIVE",
    "GONE",
    "QUIET_SINCE",
    "UNREACHABLE",
    "Application",
    "Area",
    "Ask",
    "BulkRow",
    "BulkRun",
    "Change",
    "ColumnMapping",
    "CustomField",
    "Emptied",
    "Errand",
    "Export",
    "ExportPart",
    "ExportPurpose",
    "FieldValue",
    "Gender",
    "GuestTerm",
    "ListImport",
    "Member",
    "MemberQuerySet",
    "MemberTag",
    "Membership",
    "MembershipQuerySet",
    "Merge",
    "Movement",
    "Notice",
    "NoticePattern",
    "Objection",
    "Pair",
    "Proposal",
    "Question",
    "Reading",
    "SavedView",
    "SectionRule",
    "StagedRow",
    "Status",
    "Tag",
    "Trace",
    "Transfer",
    "age_on",
    "anniversary",
    "reached_by",
    "tagged",
]
