"""A task without torch: the 'model' is a function of the text, so a wrong row shows at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from core.schema import Role
from core.tasks import Encoded, Outputs, Ragged, RoleUse, Task, TaskModel

PIECE = 4


class NoOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Echo(Task):
    """Cuts a text into pieces of four characters, one item each, and puts it together again from the batches' outputs."""

    name = "echo"
    title = purpose = "Echo"
    roles = (RoleUse(Role.TEXT, True, "text"),)
    Options = NoOptions
    auto_class = "none"

    def encode(self, model: TaskModel, cells: dict[str, list[str]]) -> Encoded:
        texts = cells[Role.TEXT]
        if model.tokenizer:
            model.tokenizer(texts)
        pieces, rows = [], []
        for row, text in enumerate(texts):
            for begin in range(0, max(len(text), 1), PIECE):
                pieces.append([ord(character) for character in text[begin : begin + PIECE]])
                rows.append(row)
        count = len(texts)
        nothing = np.zeros(count, np.int64)
        return Encoded({"input_ids": Ragged.of(pieces)}, np.array(rows, np.int64), count, nothing, nothing, {"input_ids": 0})

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        model.network(inputs)
        rows = zip(inputs["input_ids"], inputs["attention_mask"], strict=True)
        return ["".join(chr(value) for value, real in zip(ids, mask, strict=True) if real) for ids, mask in rows]

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        texts = ["".join(items) for items in outputs]
        if any("undecodable" in text for text in texts):
            raise ValueError("cannot be decoded")
        return {"prediction": pa.array(texts, pa.string())}

    def output_columns(self, model: TaskModel) -> pa.Schema:
        return pa.schema([("prediction", pa.string())])
