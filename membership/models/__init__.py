"""All models of the room; each job's stand in a module of their own."""

from membership.models.lists import ColumnMapping, ListImport, StagedRow
from membership.models.member import (
    ACTIVE,
    GONE,
    UNREACHABLE,
    Change,
    Gender,
    Member,
    MemberQuerySet,
    Membership,
    MembershipQuerySet,
    Status,
    reached_by,
)
from membership.models.reading import Reading

__all__ = [
    "ACTIVE",
    "GONE",
    "UNREACHABLE",
    "Change",
    "ColumnMapping",
    "Gender",
    "ListImport",
    "Member",
    "MemberQuerySet",
    "Membership",
    "MembershipQuerySet",
    "Reading",
    "StagedRow",
    "Status",
    "reached_by",
]
