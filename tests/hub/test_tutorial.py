"""The tutorial of the ecosystem, step by step, through our services: the Hub of this machine has our models under the well-known names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core import inference, jobs, models, processes, publish, tables, training
from core.hub import Fetches
from core.inference.run import run as predict
from core.runs import RunContext, RunFolder, create_run
from core.schema import FINAL_STATES, Role, parse_hub_address
from core.settings import Settings
from core.tables import hub as hub_tables
from core.training.loop.history import read_history
from core.training.run import run as finetune
from core.workspaces import LOCAL
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.datasets import parquet
from tests.hub.online import go_online
from tests.hub.repositories import Repository
from tests.hub.server import LoopbackHub
from tests.tiny_models import tiny

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 280.0
SENTIMENT, BERT = "distilbert/distilbert-base-uncased-finetuned-sst-2-english", "google-bert/bert-base-uncased"
TINY_BERT, TINY_GPT, TINY_T5, REVIEWS = "prajjwal1/bert-tiny", "openai-community/gpt2", "google-t5/t5-small", "stanfordnlp/imdb"
LABELS = ("blame", "praise")
ROWS = [{"text": f"the film was {word} {number}", "label": label} for number in range(40) for word, label in (("good", 1), ("bad", 0))]
CONTEXT = "Transformers are used for natural language processing. They were introduced in 2017 by researchers at Google."


@dataclass
class Tutorial:
    """A data folder and a Hub.

    Attributes:
        asked_of_accelerate: precision of each ``Accelerator``, and kinds of the things that it was asked to prepare.
    """

    settings: Settings
    hub: LoopbackHub
    folder: Path
    asked_of_accelerate: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def table(self, rows: list[dict[str, Any]] | pd.DataFrame) -> tables.Table:
        path = self.folder / "rows.parquet"
        pd.DataFrame(rows).to_parquet(path)
        return tables.import_file(self.settings, LOCAL, path)

    def scored(self, model: str, task: str, row: dict[str, str], **options: Any) -> tuple[dict[str, Any], RunFolder]:
        """The result of a run over one row whose columns are named after their roles."""
        table = self.table([row])
        roles = {Role(name): name for name in row}
        spec = inference.make_spec(self.settings, table, task=task, model=model, roles=roles, options=options, precision="fp32")
        run = create_run(self.settings, spec, owner=LOCAL, input_table=table.path)
        assert predict(RunContext(self.settings, run)) == "done"
        return pd.read_parquet(run.result_path).iloc[0].to_dict(), run

    def tuned(self, model: str, task: str, table: tables.Table, name: str, **dials: Any) -> RunFolder:
        """A fine-tune to its end."""
        roles = {"text": "text", "label": "label"} if "label" in table.columns else {"prompt": "prompt", "target": "target"}
        spec = training.make_spec(self.settings, table, owner=LOCAL, task=task, model=model, roles=roles, name=name, dials=dials)
        run = create_run(self.settings, spec, owner=LOCAL, input_table=table.path)
        assert finetune(RunContext(self.settings, run)) == "done"
        return run

    def push(self, order: publish.Order) -> None:
        """A push to its end."""
        sent = publish.Push(self.settings, order, token=TOKEN).wait(PATIENCE)
        assert sent.state == "done", sent.error

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command over the same data folder."""
        environment = {**os.environ, **self.settings.environment()}
        asked = [sys.executable, "-m", "core", *words, "--json"]
        return subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)

    def demo(self, model: str) -> tuple[str, str]:
        """Id and link of a demo that answers."""
        done = self.command("hub", "demo", model)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout.splitlines()[-1])
        return said["run"], said["link"]

    def asked_of_demo(self, link: str, text: str) -> dict[str, Any]:
        """What a demo answers, by Gradio's API: https://www.gradio.app/guides/querying-gradio-apps-with-curl"""
        address, body = f"{link}gradio_api/call/answer", json.dumps({"data": [text]}).encode()
        asked = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            event = json.load(answer)["event_id"]
        with urllib.request.urlopen(f"{address}/{event}", timeout=PATIENCE) as answer:
            lines = answer.read().decode().splitlines()
        return json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))[0]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tutorial]:
    """The Hub with everything that the tutorial names."""
    folder, patch = tmp_path_factory.mktemp("tutorial"), pytest.MonkeyPatch()
    settings = Settings(home=folder / "home", threads=1, hub_probe_seconds=30.0, min_free_disk_mb=1, idle_exit_seconds=1.0, demo_port=0)
    with LoopbackHub() as hub:
        hub.shelf.tokens[TOKEN] = ANALYST
        sentiment = folder / "sentiment"
        models.write_whole(models.resolve(settings, "embedded:sentiment"), sentiment)
        serve(hub, SENTIMENT, sentiment)
        serve(hub, BERT, models.resolve(settings, "embedded:minilm").base)
        serve(hub, TINY_BERT, tiny(folder / "bert", "bert", "AutoModel", initializer_range=0.02))
        serve(hub, TINY_GPT, tiny(folder / "gpt", "gpt2", "AutoModelForCausalLM", initializer_range=0.3))
        serve(hub, TINY_T5, tiny(folder / "t5", "t5", "AutoModelForSeq2SeqLM"))
        names = {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": LABELS, "_type": "ClassLabel"}}
        noted = {b"huggingface": json.dumps({"info": {"features": names}}).encode()}
        rows = parquet(pa.Table.from_pylist(ROWS).replace_schema_metadata(noted))
        hub.shelf.add("dataset", REVIEWS, {"data/train-00000-of-00001.parquet": rows})
        go_online(patch, hub, folder)
        made = Tutorial(settings, hub, folder)
        listen(patch, made)
        yield made
    patch.undo()


def serve(hub: LoopbackHub, name: str, folder: Path) -> Repository:
    """Puts the files of a folder on the Hub's shelf."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return hub.shelf.add("model", name, files)


def listen(patch: pytest.MonkeyPatch, tutorial: Tutorial) -> None:
    """Notes what accelerate is asked to prepare, and goes on."""
    from accelerate import Accelerator

    prepare = Accelerator.prepare

    def noted(self: Accelerator, *things: Any, **more: Any) -> Any:
        kinds = tuple(type(thing).__name__ for thing in things)
        tutorial.asked_of_accelerate.append((str(self.mixed_precision), kinds))
        return prepare(self, *things, **more)

    patch.setattr(Accelerator, "prepare", noted)


# 1. A pipeline in one line


def test_sentiment_analysis(here: Tutorial) -> None:
    row, run = here.scored(SENTIMENT, "text-classification", {"text": "I love using the Transformers library!"})
    assert row["prediction"].upper() == "POSITIVE" and row["confidence"] > 0.8
    assert run.spec().model == f"{SENTIMENT}@{here.hub.shelf.repositories['model', SENTIMENT].at('main').oid}"


# 2. Tokenizers


@pytest.mark.parametrize("kind", ["BertTokenizer", "AutoTokenizer"])
def test_tokenizers_give_the_real_ids(here: Tutorial, kind: str) -> None:
    tokenizer = models.load_tokenizer(models.resolve_tokenizer(here.settings, BERT), kind)
    assert tokenizer("Hello, Hugging Face!")["input_ids"] == [101, 7592, 1010, 17662, 2227, 999, 102]
    assert tokenizer("How are you today?")["input_ids"] == [101, 2129, 2024, 2017, 2651, 1029, 102]


# 3. Data sets


@pytest.fixture(scope="module")
def reviews(here: Tutorial) -> tables.Table:
    """The data set as a table, by ``load_dataset`` in the process that brings rows in."""
    repository, wanted = hub_tables.find(here.settings, parse_hub_address(f"hf://datasets/{REVIEWS}:train"))
    brought = hub_tables.bring(Fetches(), here.settings, LOCAL, wanted).wait(PATIENCE)
    assert brought.state == "done" and repository.commit == here.hub.shelf.repositories["dataset", REVIEWS].at("main").oid, brought
    return tables.open_table(here.settings, LOCAL, brought.table)


def test_a_data_set_and_its_first_row(here: Tutorial, reviews: tables.Table) -> None:
    assert reviews.head(1).iloc[0].to_dict() == {"text": "the film was good 0", "label": "praise"}, "1 is the name of its class"
    assert (reviews.rows, reviews.columns, reviews.name) == (len(ROWS), ["text", "label"], "imdb · train")
    assert reviews.head(len(ROWS))["label"].tolist() == [LABELS[row["label"]] for row in ROWS]
    assert reviews.id in [one.id for one in tables.list_tables(here.settings, LOCAL)]


# 4. Fine-tuning with the Trainer, in bf16 with accumulation


@pytest.fixture(scope="module")
def tuned(here: Tutorial, reviews: tables.Table) -> RunFolder:
    dials = {"epochs": 8, "rank": 8, "batch_rows": 8, "accumulation": 2, "learning_rate": 0.01, "precision": "bf16", "evaluations": 2}
    return here.tuned(TINY_BERT, "text-classification", reviews, "tutorial", **dials)


def test_a_fine_tune_has_a_falling_loss_and_an_accuracy(tuned: RunFolder) -> None:
    losses = [entry["loss"] for entry in read_history(tuned) if entry.get("loss") is not None]
    assert len(losses) > 5 and np.mean(losses[-3:]) < 0.5 * np.mean(losses[:3])
    accuracy = tuned.summary()["metrics"]["accuracy"]
    assert accuracy["value"] > 0.9 and accuracy["low"] <= accuracy["value"] <= accuracy["high"]


def test_accelerate_prepares_our_loop_in_bf16_with_accumulation(here: Tutorial, tuned: RunFolder) -> None:
    """``AdapterTrainer.get_train_dataloader`` hands our plan of batches to the accelerator that steps the model and its optimizer."""
    dials, summary = tuned.spec().dials, tuned.summary()
    assert ("bf16", ("DataLoader",)) in here.asked_of_accelerate and summary["precision"] == "bf16"
    assert ("bf16", ("PeftModelForSequenceClassification", "AdamW")) in here.asked_of_accelerate
    batches = -(-summary["train_rows"] // dials.batch_rows) * int(dials.epochs)
    assert max(entry["step"] for entry in read_history(tuned)) == batches // dials.accumulation


def test_the_adapter_is_a_choice_and_answers(here: Tutorial, tuned: RunFolder) -> None:
    assert "adapter:tutorial" in [entry.reference for entry in models.list_models(here.settings, "text-classification")]
    row, _ = here.scored("adapter:tutorial", "text-classification", {"text": "the film was bad 3"})
    assert row["prediction"] == "blame"


# 5. LoRA on a causal language model


def test_lora_on_a_causal_language_model_has_a_loss_that_falls(here: Tutorial) -> None:
    pairs = [(f"{one} {word} {two}", said) for one in "abcd" for two in "efgh" for word, said in (("good", "love"), ("bad", "hate"))]
    dials = {"epochs": 10, "rank": 8, "batch_rows": 8, "learning_rate": 0.02, "precision": "fp32", "evaluations": 2}
    table = here.table(pd.DataFrame(pairs, columns=["prompt", "target"]))
    run = here.tuned(TINY_GPT, "text-generation", table, "writer", **dials)
    checks = [entry["eval_loss"] for entry in read_history(run) if entry.get("eval_loss") is not None]
    assert checks[-1] < checks[0] and np.isfinite(checks).all()
    summary = run.summary()
    assert 0 < summary["trainable_parameters"] < 20_000 and summary["best"]["loss"] == min(checks)


# 6. A repository of one's own


MINE = f"{ANALYST}/tutorial"


@pytest.fixture(scope="module")
def pushed(here: Tutorial, tuned: RunFolder) -> Repository:
    """The adapter with its card in a repository that is made for it, and a file that is sent later."""
    parcel = publish.pack_adapter(here.settings, LOCAL, "tutorial")
    about = publish.About(repository=MINE, licence="apache-2.0", data_name=REVIEWS, data_licence="other")
    card = publish.model_card(here.settings, parcel.folder, about)
    publish.check_card(here.settings, card, parcel.kind)
    parcel.write_card(card)
    assert publish.findings(here.settings, parcel, [tuned.spec().table.name]) == []
    here.push(publish.Order(repository=MINE, create=True, message="The tutorial's adapter", files=parcel.files()))
    note = publish.pack_file(here.settings, LOCAL, "notes/how.txt", b"tuned on reviews")
    here.push(publish.Order(repository=MINE, message="Send notes/how.txt", files=note.files()))
    for one in (parcel, note):
        one.discard()
    return here.hub.shelf.repositories["model", MINE]


def test_a_repository_a_card_and_a_file(here: Tutorial, tuned: RunFolder, pushed: Repository) -> None:
    folder, files = models.resolve(here.settings, "adapter:tutorial").adapter, pushed.at("main").files
    assert folder is not None and pushed.private
    assert files["adapter_model.safetensors"] == (folder / "adapter_model.safetensors").read_bytes()
    assert files["notes/how.txt"] == b"tuned on reviews"
    listed = publish.versions(here.settings, "model", MINE, token=TOKEN)
    assert [one.title for one in listed] == ["Send notes/how.txt", "The tutorial's adapter", "initial commit"]


def test_the_card_says_what_the_tutorial_made(here: Tutorial, tuned: RunFolder, pushed: Repository) -> None:
    from huggingface_hub import ModelCard

    card = ModelCard(pushed.at("main").files["README.md"].decode())
    said = card.data.to_dict()
    assert (said["base_model"], said["license"], said["datasets"]) == (TINY_BERT, "apache-2.0", [REVIEWS])
    (entry,) = said["model-index"]
    figures = {metric["type"]: metric["value"] for metric in entry["results"][0]["metrics"]}
    assert entry["name"] == "tutorial" and figures["accuracy"] == pytest.approx(tuned.summary()["metrics"]["accuracy"]["value"], abs=1e-3)
    assert str(here.folder) not in card.content and "imdb · train" not in card.content and TOKEN not in card.content


# 7. A demo of one's own


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_gradio_demo_that_answers(here: Tutorial, tuned: RunFolder) -> None:
    """By the command, as a job with a link; the page is Gradio's own, asked as its clients do."""
    try:
        run, link = here.demo("adapter:tutorial")
        assert here.asked_of_demo(link, "the film was bad 3")["label"] == "blame"
        assert here.asked_of_demo(link, "the film was good 5")["label"] == "praise"
        assert here.command("jobs", "stop", run).returncode == 0
        while jobs.get(here.settings, run).state not in FINAL_STATES:
            time.sleep(0.1)
        with pytest.raises(OSError):
            here.asked_of_demo(link, "is anybody there?")
    finally:
        processes.kill(processes.processes_of(here.settings))


# 8. Models without a head, and what logits mean


def test_the_last_hidden_state_has_a_vector_for_each_token(here: Tutorial) -> None:
    import torch

    files = models.resolve(here.settings, BERT)
    tokenizer, network = models.load_tokenizer(files), models.load_model(files, "AutoModel")
    with torch.inference_mode():
        state = network(**tokenizer("Hello, Hugging Face!", return_tensors="pt")).last_hidden_state
    assert state.shape == (1, 7, network.config.hidden_size) and bool(torch.isfinite(state).all())


def test_probabilities_are_the_softmax_of_logits(here: Tutorial) -> None:
    row, _ = here.scored("embedded:sentiment", "text-classification", {"text": "I love using the Transformers library!"}, logits=True)
    logits = {name.removeprefix("logit_"): value for name, value in row.items() if name.startswith("logit_")}
    powers = np.exp(np.array(list(logits.values())) - max(logits.values()))
    expected = dict(zip(logits, powers / powers.sum(), strict=True))
    assert len(expected) == 2 and {label: row[f"p_{label}"] for label in expected} == pytest.approx(expected, abs=1e-5)
    assert row["prediction"] == max(expected, key=expected.__getitem__)


# 9. Other tasks


def test_a_question_is_answered_with_a_span_of_its_context(here: Tutorial) -> None:
    asked = {"question": "What are transformers used for?", "context": CONTEXT}
    row, _ = here.scored("embedded:answers", "question-answering", asked)
    assert row["prediction"] in CONTEXT and "natural language processing" in row["prediction"]


def test_new_york_city_is_a_location(here: Tutorial) -> None:
    row, _ = here.scored("embedded:entities", "token-classification", {"text": "Hugging Face is based in New York City."})
    assert "New York City (LOC)" in row["prediction"]


def test_an_emotion(here: Tutorial) -> None:
    row, _ = here.scored("embedded:emotions", "text-classification", {"text": "I am so happy that we won, what a joyful day!"})
    assert "joy" in row["prediction"]


def test_a_summary_with_four_beams(here: Tutorial) -> None:
    text = {"text": "the film was very good but the screen broke after two days and the service was slow"}
    row, run = here.scored(TINY_T5, "summarization", text, num_beams=4, max_new_tokens=8)
    assert run.spec().options["num_beams"] == 4 and isinstance(row["prediction"], str) and pd.isna(row["error"])
    tokenizer = models.load_tokenizer(models.resolve(here.settings, TINY_T5))
    expected = by_generate(here.settings, tokenizer, text["text"])
    assert row["prediction"] == expected != ""


def by_generate(settings: Settings, tokenizer: Any, text: str) -> str:
    """What transformers' own ``generate`` writes with four beams."""
    import torch

    network = models.load_model(models.resolve(settings, TINY_T5), "AutoModelForSeq2SeqLM")
    with torch.inference_mode():
        written = network.generate(**tokenizer(text, return_tensors="pt"), num_beams=4, max_new_tokens=8)
    return tokenizer.decode(written[0], skip_special_tokens=True)
