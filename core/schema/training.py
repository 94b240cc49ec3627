"""Everything that decides an adapter: how rows are split, and the dials of the training."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

SplitMethod = Literal["stratified", "random", "group", "time", "column"]
Problem = Literal["auto", "single_label_classification", "multi_label_classification", "regression"]


class Split(BaseModel):
    """Which rows are for validation: they decide nothing but the figures and the best checkpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: SplitMethod = Field("stratified", description="How validation rows are chosen; column: where a column of yours says so.")
    share: float = Field(0.2, gt=0, lt=1, description="Part of the rows that are for validation.")
    column: str = Field("", description="Column that groups rows, orders them in time, or names their part.")


class Dials(BaseModel):
    """What a data scientist turns. The names are transformers' and peft's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["lora", "full"] = Field("lora", description="Train an adapter, or every weight: a whole model as large as the base.")
    rank: int = Field(16, ge=1, le=512, description="Rank r of the adapter's matrices.")
    alpha: int = Field(32, ge=1, description="The adapter's change is scaled by alpha / rank.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout before the adapter's matrices.")
    target_modules: tuple[str, ...] = Field((), description="Layers that get an adapter; empty: every linear layer of the body.")
    use_rslora: bool = Field(False, description="Scale by alpha / sqrt(rank): rank-stabilised LoRA.")
    use_dora: bool = Field(False, description="Train magnitude and direction of the weights apart: DoRA. Slower.")
    init: Literal["default", "pissa", "olora"] = Field(
        "default",
        description="How the adapter starts: changing nothing, or as the base's main directions (PiSSA, OLoRA), saved at twice the rank.",
    )
    loraplus_ratio: float = Field(1.0, ge=1, le=1_000, description="LoRA+: learning rate of the adapter's B matrices over that of A.")
    quantization: Literal["none", "8bit", "4bit"] = Field(
        "none", description="How the base is held, with bitsandbytes on a GPU: less memory."
    )
    epochs: float = Field(5.0, gt=0, le=1_000, description="Passes over the training rows.")
    max_steps: int | None = Field(None, gt=0, description="Steps of the optimiser, in the place of epochs.")
    learning_rate: float = Field(8e-4, gt=0, le=1, description="Peak of the schedule.")
    schedule: Literal["cosine", "linear", "constant"] = Field("cosine", description="How the learning rate falls after the warm-up.")
    warmup: float = Field(0.06, ge=0, lt=1, description="Part of the steps in which the learning rate rises.")
    batch_rows: int = Field(32, ge=1, le=4_096, description="Rows in one batch.")
    batch_tokens: int | None = Field(None, ge=16, le=1_048_576, description="Padded tokens in one batch, in the place of batch_rows.")
    accumulation: int = Field(1, ge=1, le=1_024, description="Batches before each step of the optimiser.")
    weight_decay: float = Field(0.01, ge=0, le=1, description="Decay of the weights at each step.")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Part of the target spread over the other labels.")
    averaging: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Decay at each step of a moving average of the trained weights, which is validated and saved in their place; 0: none.",
    )
    class_weights: bool = Field(False, description="Weigh each class by the inverse of its share.")
    head_prior: bool = Field(True, description="Let a new head begin with how frequent each label is, where it has a bias.")
    max_length: int = Field(256, ge=4, description="Tokens to which texts are cut; less where the model holds less.")
    max_target_length: int = Field(
        128, ge=2, le=10_000, description="Tokens to which texts to be written are cut, the ending one included."
    )
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="Of the matrix products; auto: bf16 where the hardware has it.")
    gradient_checkpointing: bool = Field(False, description="Compute activations twice in the place of keeping them: less memory, slower.")
    evaluations: int = Field(5, ge=1, le=1_000, description="How often the validation rows are scored on the way.")
    patience: int | None = Field(None, ge=1, description="Stop after so many evaluations without a better one.")
    metric: Literal["loss", "quality"] = Field("quality", description="What the best checkpoint is best in: validation loss or quality.")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.init != "default" and self.use_dora:
            raise ValueError(f"init={self.init} and use_dora exclude each other: take one of them")
        if self.init != "default" and self.quantization != "none":
            raise ValueError(f"init={self.init} changes the base and needs it whole: set quantization=none")
        if self.method == "full" and self.quantization != "none":
            raise ValueError("method=full trains every weight and needs them whole: set quantization=none")
        return self

    @field_validator("target_modules", mode="before")
    @classmethod
    def _listed(cls, names: object) -> object:
        """Names with commas between them, as the command line has them."""
        return tuple(name.strip() for name in names.split(",") if name.strip()) if isinstance(names, str) else names
