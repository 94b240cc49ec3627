"""What rooms exchange: model references, roles, import choices and reports, specs, jobs. All pydantic, all serialisable."""

from core.schema.hub import HubSource, is_hub_address, parse_hub_address
from core.schema.imports import ColumnInfo, ImportChoices, ImportReport, Problem
from core.schema.jobs import ACTIVE_STATES, FINAL_STATES, Job, JobState, Progress
from core.schema.looking import LookSpec
from core.schema.models import ModelEntry, ModelReference
from core.schema.roles import Role
from core.schema.searching import Range, Search
from core.schema.specs import (
    DemoSpec,
    FinetuneSpec,
    PredictSpec,
    RehearsalSpec,
    SearchSpec,
    Spec,
    TableSource,
    base_of,
    finetune_of,
    fingerprint_of,
    is_id,
    is_sha256,
    new_id,
    parse_spec,
)
from core.schema.training import Dials, Split

__all__ = [
    "ACTIVE_STATES",
    "FINAL_STATES",
    "ColumnInfo",
    "DemoSpec",
    "Dials",
    "FinetuneSpec",
    "HubSource",
    "ImportChoices",
    "ImportReport",
    "Job",
    "JobState",
    "LookSpec",
    "ModelEntry",
    "ModelReference",
    "PredictSpec",
    "Problem",
    "Progress",
    "Range",
    "RehearsalSpec",
    "Role",
    "Search",
    "SearchSpec",
    "Spec",
    "Split",
    "TableSource",
    "base_of",
    "finetune_of",
    "fingerprint_of",
    "is_hub_address",
    "is_id",
    "is_sha256",
    "new_id",
    "parse_hub_address",
    "parse_spec",
]
