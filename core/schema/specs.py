"""Everything that decides a result, as one validated, serialisable object."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from core.schema.hub import HubSource
from core.schema.imports import ImportChoices
from core.schema.models import NAME
from core.schema.roles import Role
from core.schema.searching import Search
from core.schema.training import Dials, Problem, Split

ID_BYTES = 8
INPUT, VALIDATION = "input", "validation"
ID_PATTERN = r"^[0-9a-f]{16}$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"
_ID = re.compile(ID_PATTERN)
_SHA256 = re.compile(SHA256_PATTERN)


def new_id() -> str:
    """64 random bits in hex: an id that cannot be guessed, since a link with it shares a run."""
    return secrets.token_hex(ID_BYTES)


def is_id(text: str) -> bool:
    """Whether a text can be what :func:`new_id` gives, and so is no path."""
    return _ID.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """Whether a text can be a SHA-256 in hex, as the id of a table is, and so is no path."""
    return _SHA256.fullmatch(text) is not None


class TableSource(BaseModel):
    """The table a run reads: its content hash, the name by which the user knows it, and how its file was asked to be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=SHA256_PATTERN)
    name: str
    rows: int = Field(ge=0)
    choices: ImportChoices = Field(ImportChoices(), description="What was chosen, not guessed, when the file was imported.")
    hub: HubSource | None = Field(None, description="The data set of the Hub that it was read from.")

    @property
    def shown(self) -> str:
        """What stands for it on the command line: the address of a data set, or the name of the user's file."""
        return self.hub.address if self.hub else self.name


def fingerprint_of(values: JsonValue) -> str:
    """SHA-256 of values as canonical JSON. A spec's file has it for good; the spec that it is read as may have learned new fields since."""
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


class BaseSpec(BaseModel):
    """What all kinds of runs share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    versions: dict[str, str] = Field({}, description="Versions of the libraries that the spec was made with.")
    seed: int = Field(0, ge=0, lt=2**32)

    @property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of each table that a run reads, by its name in the run's folder."""
        return {}

    @property
    def rows_to_do(self) -> int:
        """Rows that a run will work on, as far as its spec tells."""
        return 0

    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal specs give equal results."""
        return fingerprint_of(self.model_dump(mode="json"))


class PredictSpec(BaseSpec):
    """Score each row of a table with a model."""

    kind: Literal["predict"] = "predict"
    task: str
    table: TableSource
    roles: dict[Role, str] = Field(description="Column of the table for each role.")
    model: str = Field(description="Model reference as text.")
    revision: str = Field(description="40-hex commit or content hash that the reference was resolved to.")
    options: dict[str, JsonValue] = Field({}, description="The task's own options; the task validates them.")
    label_map: dict[str, str] = Field({}, description="Value of the label column to label of the model, where they differ.")
    precision: Literal["auto", "fp32", "bf16", "int8"] = "auto"
    limit: int | None = Field(None, gt=0, description="Score only the first rows; the result has only these.")
    out: Path | None = Field(None, description="File that the job writes besides the run's own result.")

    @property
    def inputs(self) -> dict[str, str]:
        return {INPUT: self.table.id}

    @property
    def rows_to_do(self) -> int:
        return min(self.table.rows, self.limit or self.table.rows)


class FinetuneSpec(BaseSpec):
    """Tune an adapter on a table with the user's own labels."""

    kind: Literal["finetune"] = "finetune"
    task: str
    table: TableSource
    validation: TableSource | None = Field(None, description="Table of validation rows; without one the split finds some in the table.")
    roles: dict[Role, str] = Field(description="Column of the table for each role.")
    model: str = Field(description="Reference of the model that is tuned.")
    revision: str = Field(description="40-hex commit or content hash that the reference was resolved to.")
    name: str = Field(pattern=rf"^(?:{NAME.pattern})$", description="Name of the adapter: adapter:NAME.")
    problem: Problem = Field("auto", description="One label for each row, several, or a number; auto: as the cells look.")
    separator: str = Field("", description="What stands between several labels in one cell.")
    options: dict[str, JsonValue] = Field({}, description="The task's own options; the task validates them.")
    split: Split = Split()
    dials: Dials = Dials()

    @property
    def inputs(self) -> dict[str, str]:
        return {INPUT: self.table.id} | ({VALIDATION: self.validation.id} if self.validation else {})

    @property
    def rows_to_do(self) -> int:
        dials, rows = self.dials, self.table.rows
        if dials.max_steps is None or dials.batch_tokens is not None:  # how many steps a pass has tells only the length of the texts
            return round(rows * dials.epochs)
        batches = max(-(-rows // dials.batch_rows), 1)  # of a pass; the last is short
        return round(dials.max_steps * dials.accumulation * rows / batches)


class SearchSpec(BaseSpec):
    """Tune the same adapter several times with other dials, and keep the best."""

    kind: Literal["search"] = "search"
    base: FinetuneSpec = Field(description="The fine-tune whose dials are turned.")
    search: Search

    @property
    def inputs(self) -> dict[str, str]:
        return self.base.inputs

    @property
    def rows_to_do(self) -> int:
        return self.base.rows_to_do * self.search.trials


class RehearsalSpec(BaseSpec):
    """A job without a model: it writes parts of a counting result. Shows that a server survives faults, and how."""

    kind: Literal["rehearsal"] = "rehearsal"
    rows: int = Field(100, ge=0, le=100_000)
    part_rows: int = Field(10, gt=0)
    seconds_per_part: float = Field(0.1, ge=0, le=60)

    @property
    def rows_to_do(self) -> int:
        return self.rows


class DemoSpec(BaseSpec):
    """Show a model to others on a page of its own. It works on no rows: it serves until it is stopped or nobody asks any more."""

    kind: Literal["demo"] = "demo"
    task: str
    model: str = Field(description="Model reference as text.")
    revision: str = Field(description="40-hex commit or content hash that the reference was resolved to.")
    title: str = Field("", max_length=200, description="Heading of the page; by default the model's name and the task.")
    examples: tuple[tuple[str, ...], ...] = Field((), max_length=20, description="Texts to try, one for each box of the page.")


Spec = PredictSpec | FinetuneSpec | SearchSpec | RehearsalSpec | DemoSpec
_SPEC: TypeAdapter[Spec] = TypeAdapter(Annotated[Spec, Field(discriminator="kind")])


def base_of(spec: Spec) -> PredictSpec | FinetuneSpec | RehearsalSpec | DemoSpec:
    """The spec itself; of a search that of the fine-tune whose dials it turns."""
    return spec.base if isinstance(spec, SearchSpec) else spec


def finetune_of(spec: Spec) -> FinetuneSpec | None:
    """The fine-tune that a run is, or whose dials a search turns; ``None`` of any other run."""
    one = base_of(spec)
    return one if isinstance(one, FinetuneSpec) else None


def parse_spec(text: str | bytes) -> Spec:
    """Reads a spec of any kind from JSON.

    Raises:
        pydantic.ValidationError: the JSON is not a spec.
    """
    return _SPEC.validate_json(text)
