"""feature-extraction: a vector for each text; on request similar rows, near-duplicates, named clusters and a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from core.schema import Role
from core.tasks.base import GROUP, ID, TIME, AllRows, Encoded, Outputs, RoleUse, Task, TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.vectors.pooling import Pooling, pooled

SIMILAR = pa.struct([("row", pa.int64()), ("similarity", pa.float32())])
SAME_COSINE = 0.999  # of two precisions: a vector that turned less is the same answer


class FeatureExtractionOptions(BaseModel):
    """What a user may set for this task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pooling: Pooling = Field("mean", description="The vector of a text: the mean of its tokens, the first token or the last one.")
    normalise: bool = Field(True, description="Scale each vector to length 1.")
    clusters: int = Field(8, ge=0, le=200, description="Sort the texts into this many clusters, named by their words; 0 makes none.")
    similar: int = Field(3, ge=0, le=50, description="Name this many most similar rows for each row.")
    near_duplicates: float = Field(0.95, gt=0, le=1, description="Rows whose vectors have at least this cosine count as duplicates.")
    map: bool = Field(True, description="Place the texts on a map where similar ones lie together.")
    max_length: int | None = Field(None, ge=8, description="Cut texts to this many tokens; the model's own limit where empty.")


class FeatureExtraction(Task):
    """One vector a text. What compares rows with each other is computed at the end, over all distinct texts."""

    name = "feature-extraction"
    title = "Compare texts"
    purpose = "Find similar rows, duplicates and groups: each text becomes a vector."
    roles = (RoleUse(Role.TEXT, True, "The text to turn into a vector."), GROUP, TIME, ID)
    Options = FeatureExtractionOptions
    auto_class = "AutoModel"
    charts = ("label_counts", "flat_map", "breakdown", "over_time")
    counted = "cluster"

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        return encode_texts(model.tokenizer, cells[Role.TEXT], None, max_length=model.cut_at, accepted=model.accepted)

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        return pooled(model.network, inputs, model.options.pooling, normalise=model.options.normalise)

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        vectors = np.stack([items[0] for items in outputs])
        return {"prediction": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])}

    def output_columns(self, model: TaskModel) -> pa.Schema:
        """``prediction`` is the vector, a list of fixed size of float32."""
        return pa.schema([("prediction", pa.list_(pa.float32(), width_of(model.network.config)))])

    def agreement(self, one: dict[str, pa.Array], other: dict[str, pa.Array]) -> tuple[np.ndarray, np.ndarray]:
        cosines = (_unit(as_matrix(one["prediction"])) * _unit(as_matrix(other["prediction"]))).sum(axis=1)
        return cosines >= SAME_COSINE, 1 - cosines

    def over_all(self, model: TaskModel, rows: AllRows) -> dict[str, pa.Array]:
        """``cluster``, ``similar``, ``duplicate_of``, ``map_x`` and ``map_y``, as far as they are asked for.

        ``similar`` names rows of the table, counted from 1; of equal texts the first. ``duplicate_of`` is the first row of a group of
        equal and nearly equal texts, also for that row itself, and empty where a text stands alone.
        """
        options, vectors = model.options, _unit(as_matrix(rows.outputs["prediction"].combine_chunks()))
        columns = _compared(vectors, rows, options)
        if options.clusters:
            columns |= {"cluster": _clustered(vectors, rows.cells[Role.TEXT], options.clusters, model.seed)}
        if options.map:
            from core.tasks.vectors.flat_map import flat_map

            places = flat_map(vectors, seed=model.seed)
            columns |= {"map_x": pa.array(places[:, 0]), "map_y": pa.array(places[:, 1])}
        return columns


def as_matrix(column: pa.Array) -> np.ndarray:
    """A column of fixed-size lists without nulls as float32 ``[rows, width]``."""
    return np.asarray(column.flatten().to_numpy(zero_copy_only=False), np.float32).reshape(len(column), -1)


def width_of(config: Any) -> int:
    """Numbers in a model's hidden state, by the names that configs use."""
    return next(int(width) for name in ("hidden_size", "d_model", "dim", "n_embd") if (width := getattr(config, name, None)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _compared(vectors: np.ndarray, rows: AllRows, options: FeatureExtractionOptions) -> dict[str, pa.Array]:
    from core.tasks.vectors.neighbours import neighbours

    found = neighbours(vectors, options.similar, options.near_duplicates)
    sizes = np.bincount(found.first_like, weights=rows.counts, minlength=len(vectors))[found.first_like]
    columns = {"duplicate_of": pa.array(rows.keys[found.first_like] + 1, mask=sizes < 2)}
    if options.similar:
        places = zip(rows.keys[found.nearest] + 1, found.similarity, strict=True)
        named = [[{"row": int(row), "similarity": value} for row, value in zip(*one, strict=True)] for one in places]
        columns["similar"] = pa.array(named, pa.list_(SIMILAR))
    return columns


def _clustered(vectors: np.ndarray, texts: list[str], count: int, seed: int) -> pa.Array:
    from core.tasks.vectors.clusters import cluster_names, clusters

    assigned = clusters(vectors, count, seed=seed)
    names = np.array(cluster_names(texts, assigned), dtype=object)
    return pa.array(names[assigned].tolist(), pa.string())
