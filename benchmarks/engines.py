"""One engine, one turn, in a process of its own: ``python -m benchmarks.engines NAME FOLDER`` scores ``texts.json`` there.

A process of its own gives each engine its own peak of memory and no warm caches of another. Loading the model is not timed;
everything after it is, up to the labels: for a run of ours planning and writing the result too, and apart from these its
setup, the choice of precision and backend.
"""

from __future__ import annotations

import inspect
import json
import sys
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import peak_memory
from core import inference, models, tables, tasks
from core.inference.loading import Loaded, ready
from core.inference.openvino_network import HINTS, OpenVinoNetwork, export, openvino
from core.inference.plan import cut_batches
from core.schema import Role
from core.settings import Settings
from core.workspaces import LOCAL

MODEL = "embedded:sentiment"
TASK = "text-classification"
AUTO_CLASS = "AutoModelForSequenceClassification"

Batch = dict[str, np.ndarray]
Compute = Callable[[Iterable[Batch]], Iterable[np.ndarray]]
Turn = dict[str, Any]
"""``seconds``, ``labels`` (one for each text), ``precision``, ``backend``; of a run also ``setup``, in seconds, once per run, and
``reason``; see :func:`main` for what is added."""


def by_pipeline(texts: list[str], **options: int) -> Turn:
    """transformers' pipeline, with truncation and otherwise as given."""
    from transformers import pipeline

    files = models.resolve(Settings(), MODEL)
    classify = pipeline(TASK, model=models.load_model(files, AUTO_CLASS), tokenizer=models.load_tokenizer(files))
    classify(texts[:2])
    began = time.perf_counter()
    answers = classify(texts, truncation=True, max_length=files.max_length, **options)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "labels": [answer["label"] for answer in answers], "precision": "fp32", "backend": "torch"}


def by_run(texts: list[str], precision: str) -> Turn:
    """A run of ours, with the settings as they are."""
    import pandas as pd
    import pyarrow.parquet as pq

    from core.inference.run import run
    from core.runs import RunContext, create_run

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        path = Path(folder) / "texts.parquet"
        pd.DataFrame({"text": texts}).to_parquet(path)
        table = tables.import_file(settings, LOCAL, path)
        spec = inference.make_spec(settings, table, task=TASK, model=MODEL, roles={Role.TEXT: "text"}, precision=precision)
        made = create_run(settings, spec, owner=LOCAL, input_table=table.path)
        began = time.perf_counter()
        run(RunContext(settings, made))
        summary = made.summary()
        seconds = summary["seconds"]
        return {
            "seconds": seconds,
            "setup": time.perf_counter() - began - summary["setup"]["load"] - seconds,
            "labels": pq.read_table(made.result_path)["prediction"].to_pylist(),
            "precision": summary["precision"],
            "backend": summary["backend"],
            "reason": summary["precision_reason"],
        }


def by_plan(texts: list[str], make: Callable[[Loaded, Batch], Compute], how: tuple[str, str]) -> Turn:
    """Another engine with our plan: distinct texts, one bulk tokenisation, sorted, the same token budget, the same padding.

    Args:
        make: from the model and an example of its arguments to a function from batches to the logits of each.
        how: precision and name of the engine.
    """
    settings, task = Settings(), tasks.get(TASK)
    files = models.resolve(settings, MODEL)
    model = ready(task, task.Options(), files, models.load_tokenizer(files), models.load_model(files, AUTO_CLASS))
    example = task.encode(model, {Role.TEXT: texts[:2]}).batch(np.arange(2))
    compute = make(Loaded(task, files, model, "fp32"), example)
    list(compute([example]))
    began = time.perf_counter()
    distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    encoded = task.encode(model, {Role.TEXT: list(distinct)})
    logits = np.empty((len(distinct), len(model.labels)), np.float32)
    cut = cut_batches(encoded.lengths, settings.token_budget)
    pad_to = OpenVinoNetwork.pad_to if how[1] == "openvino" else 1
    padded = (encoded.batch(items, width=-(-int(encoded.lengths[items].max()) // pad_to) * pad_to) for items in cut)
    for items, found in zip(cut, compute(padded), strict=True):
        logits[items] = found
    best = logits.argmax(axis=1)
    labels = [model.labels[best[distinct[text]]] for text in texts]
    return {"seconds": time.perf_counter() - began, "labels": labels, "precision": how[0], "backend": how[1]}


def openvino_logits(precision: str) -> Callable[[Loaded, Batch], Compute]:
    """OpenVINO without anything of ours around it: as many requests as the processor has threads, each waited for in its turn."""

    def make(loaded: Loaded, example: Batch) -> Compute:
        import torch

        exported = export(loaded.model.network, example, ("logits",), loaded.model.max_length)
        threads = torch.get_num_threads()
        how = {"INFERENCE_PRECISION_HINT": HINTS[precision], "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": threads}
        model = openvino().Core().compile_model(exported.model, "CPU", how)
        requests = [model.create_infer_request() for _ in range(threads)]

        def compute(batches: Iterable[Batch]) -> Iterator[np.ndarray]:
            begun: deque[Any] = deque()
            for place, inputs in enumerate(batches):
                if len(begun) == threads:
                    yield logits_of(begun.popleft())
                request = requests[place % threads]
                request.start_async([inputs[name] for name in exported.names])
                begun.append(request)
            yield from map(logits_of, begun)

        def logits_of(request: Any) -> np.ndarray:
            request.wait()
            return request.get_output_tensor(0).data.copy()

        return compute

    return make


def onnx_logits(loaded: Loaded, example: Batch) -> Compute:
    """ONNX Runtime in fp32, exported with torch."""
    import onnxruntime
    import torch

    accepted = inspect.signature(loaded.model.network.forward).parameters
    names = [name for name in accepted if name in example]  # torch goes by this order, whatever the order of the arguments
    open_dimensions = {name: {0: "items", 1: "tokens"} for name in names} | {"logits": {0: "items"}}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        arguments = {name: torch.from_numpy(example[name]) for name in names}
        torch.onnx.export(
            loaded.model.network,
            (),
            str(path),
            kwargs=arguments,
            input_names=names,
            output_names=["logits"],
            dynamic_axes=open_dimensions,
            dynamo=False,
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda batches: (session.run(["logits"], inputs)[0] for inputs in batches)


ENGINES: dict[str, Callable[[list[str]], Turn]] = {
    "pipeline(texts)": by_pipeline,
    "pipeline(texts, batch_size=32)": lambda texts: by_pipeline(texts, batch_size=32),
    "run, fp32": lambda texts: by_run(texts, "fp32"),
    "run, bf16": lambda texts: by_run(texts, "bf16"),
    "run, auto": lambda texts: by_run(texts, "auto"),
    "OpenVINO bf16, same plan": lambda texts: by_plan(texts, openvino_logits("bf16"), ("bf16", "openvino")),
    "OpenVINO fp32, same plan": lambda texts: by_plan(texts, openvino_logits("fp32"), ("fp32", "openvino")),
    "ONNX Runtime fp32, same plan": lambda texts: by_plan(texts, onnx_logits, ("fp32", "onnxruntime")),
}


def main() -> None:
    """Prints one JSON object as the last line: the turn, with the process's peak of memory in bytes."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    turn = ENGINES[name](texts)
    print(json.dumps({**turn, "memory": peak_memory()}))


if __name__ == "__main__":
    main()
