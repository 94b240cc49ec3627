"""What is said of model files with which transformers fails: it often names neither the file nor the value."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from core.errors import BadInput

OTHER_TASK = "Choose a model that was trained for this task."
AGAIN = "Copy or download the model again, or use another."
MOST_NAMED = 3
REPORT = " For details look at"  # a report that transformers logs, which nobody sees here
SPEAKING = (ValueError, OSError, RuntimeError, ImportError)  # raised with a sentence; of the others only the type says what went wrong
Mismatch = tuple[str, Collection[int], Collection[int]]


def bad_tokenizer(reference: str, error: Exception) -> BadInput:
    """The refusal of a tokenizer whose files cannot be read."""
    return BadInput(f"a readable tokenizer of {reference}", f"{type(error).__name__}: {_line(error, 200)}", "Use another model.")


def bad_config(reference: str, error: Exception) -> BadInput:
    """The refusal of a config.json that transformers cannot read."""
    from huggingface_hub.errors import StrictDataclassError

    if isinstance(error, StrictDataclassError):  # around the error that names the field
        found = _line(error.__cause__ or error)
    elif isinstance(error, SPEAKING):
        found = _line(error)
    else:
        found = f"values that it cannot read ({type(error).__name__}: {_line(error)})"
    return BadInput(f"a config.json that transformers reads in {reference}", found, AGAIN)


def bad_model(task_class: str, reference: str, error: Exception) -> BadInput:
    """The refusal of config and weights of which transformers can build no model."""
    if isinstance(error, SPEAKING):
        return BadInput(f"weights that load as {task_class}", f"{type(error).__name__}: {_line(error)}", OTHER_TASK)
    found = f"values of which no model can be built ({type(error).__name__}: {_line(error)})"
    return BadInput(f"a config.json and weights of {reference} that load as {task_class}", found, AGAIN)


def other_shapes(task_class: str, reference: str, found: Iterable[Mismatch]) -> BadInput:
    """The refusal of tensors that are not of the shapes in config.json.

    Args:
        found: name, shape in the weights and shape by the config of each.
    """
    told = [f"{name} of {_shape(there)} where config.json says {_shape(wanted)}" for name, there, wanted in sorted(found)]
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return BadInput(f"weights that load as {task_class}", f"in {reference} {', '.join(told[:MOST_NAMED])}{more}", AGAIN)


def _shape(sizes: Collection[int]) -> str:
    return " x ".join(map(str, sizes)) or "one number"


def _line(error: BaseException, most: int = 300) -> str:
    """The message on one line, without a full stop and without what it says about a report."""
    return " ".join(str(error).partition(REPORT)[0].split())[:most].rstrip(".!")
