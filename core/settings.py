"""Every limit of Sheetformer: its name, its default, and a sentence about it.

Each field is read from the environment variable ``SHEETFORMER_<NAME>``. ``docs/settings.md`` is written from this file
and a test holds the two together.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import psutil
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MEGABYTE = 1_000_000
SPACE_DISK = Path("/data")


def default_home() -> Path:
    """``~/.sheetformer``, or ``/data`` on a Space whose storage is mounted and writable."""
    if os.environ.get("SPACE_ID") and os.access(SPACE_DISK, os.W_OK):
        return SPACE_DISK
    return Path.home() / ".sheetformer"


def default_memory_mb() -> int:
    """The machine's physical memory, in megabytes: a job may fill the machine but not its swap."""
    return psutil.virtual_memory().total // MEGABYTE


class Settings(BaseSettings):
    """The limits in force. Immutable: make a new one to change something."""

    model_config = SettingsConfigDict(env_prefix="SHEETFORMER_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=default_home, description="Folder of all tables, runs, jobs and adapters.")

    # Importing
    max_upload_mb: int = Field(200, gt=0, description="Largest file that can be imported or uploaded, in megabytes.")
    max_uncompressed_mb: int = Field(500, gt=0, description="Largest size of an archive or workbook once uncompressed, in megabytes.")
    max_compression_ratio: int = Field(
        200, gt=0, description="Largest ratio of uncompressed to compressed size before a file counts as a bomb."
    )
    max_rows: int = Field(10_000_000, gt=0, description="Most rows of a table.")
    max_columns: int = Field(5_000, gt=0, description="Most columns of a table.")
    max_cells: int = Field(50_000_000, gt=0, description="Most cells (rows times columns) of a sheet of a workbook.")
    import_memory_mb: int = Field(
        2_000, gt=0, description="Memory above its start that the process importing a file may take, in megabytes."
    )
    import_seconds: int = Field(600, gt=0, description="Longest time that one import may take, in seconds.")
    max_problems: int = Field(1_000, gt=0, description="Most problems listed in an import report; the rest is counted.")
    max_shown_characters: int = Field(500, gt=0, description="Characters of a cell shown on a page; the table keeps all.")

    # Jobs
    max_running_jobs: int = Field(2, gt=0, description="Jobs running at once, of all owners.")
    max_running_jobs_per_owner: int = Field(2, gt=0, description="Jobs of one owner running at once.")
    max_queued_jobs_per_owner: int = Field(50, gt=0, description="Jobs of one owner waiting in the queue.")
    stop_grace_seconds: float = Field(3.0, gt=0, description="Time that a job has to stop by itself before it is killed, in seconds.")
    training_stop_grace_seconds: float = Field(
        300.0,
        gt=0,
        description="Time that a fine-tune or a search over dials has to stop by itself and keep its best before it is killed, in seconds.",
    )
    idle_exit_seconds: float = Field(
        10.0, gt=0, description="Without a server, the scheduler ends this long after the last job, in seconds."
    )
    scheduler_silence_seconds: float = Field(
        60.0,
        gt=0,
        description="A scheduler without a sign of life for this long is replaced, in seconds; never before database_wait_seconds.",
    )
    job_memory_mb: int = Field(
        default_factory=default_memory_mb, gt=0, description="Address space above its start that one job may take, in megabytes."
    )
    quick_starts: bool = Field(
        True, description="Keep a process with torch imported that CPU jobs are forked from; costs about 400 MB of memory."
    )
    quick_start_modules: Annotated[tuple[str, ...], NoDecode] = Field(
        ("pandas", "pyarrow.dataset", "numpy.ma", "torch", "transformers", "peft", "transformers.models.bert.modeling_bert"),
        description="Modules that the process for quick starts imports, separated like PATH; without any it imports nothing.",
    )
    quick_start_free_mb: int = Field(
        2_000, ge=0, description="Quick starts are left out while less memory than this is free, in megabytes."
    )
    database_wait_seconds: float = Field(
        30.0, gt=0, description="Longest wait for the job queue's file while another process locks it, in seconds."
    )
    log_shown_kb: int = Field(1_000, gt=0, description="End of a job's log that is shown, in kilobytes; the file keeps all.")

    # Models
    model_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders whose subfolders can be registered as local models, separated like PATH."
    )
    max_tokenizer_mb: int = Field(64, gt=0, description="Largest tokenizer file or vocabulary of a model, in megabytes.")
    max_config_kb: int = Field(2_000, gt=0, description="Largest JSON file of a model other than its tokenizer, in kilobytes.")
    max_model_files: int = Field(1_000, gt=0, description="Most files in a model folder, or in the zip of an adapter.")
    max_model_labels: int = Field(100_000, gt=0, description="Most labels of a model.")
    max_model_layers: int = Field(1_000, gt=0, description="Most layers that a model's config may announce.")
    hub_probe_seconds: float = Field(
        2.5, gt=0, description="Time after which a Hub that does not answer counts as unreachable, in seconds: what is said within 3."
    )
    max_hub_results: int = Field(100, gt=0, description="Most repositories that a search of the Hub lists.")
    max_fetched_models: int = Field(100, gt=0, description="Models of the Hub that a workspace's list keeps, the newest ones.")
    max_fetches: int = Field(2, gt=0, description="Downloads from the Hub that run at once on a server.")
    max_sign_ins: int = Field(1_000, gt=0, description="Sign-ins by OAuth that may be under way on a server; the oldest one gives way.")
    sign_in_seconds: float = Field(600.0, gt=0, description="Time that a sign-in by OAuth may take, in seconds.")
    max_dataset_mb: int = Field(2_000, gt=0, description="Most data of one data set of the Hub that is brought in, in megabytes of memory.")
    min_free_disk_mb: int = Field(500, ge=0, description="Free disk that bringing in a data set leaves, in megabytes.")
    hub_tries: int = Field(5, ge=0, description="How often a broken connection to a data set is tried again before it stops and says so.")
    first_rows: int = Field(10, gt=0, description="Rows of a data set of the Hub shown before it is brought in.")
    first_rows_seconds: float = Field(60.0, gt=0, description="Longest wait for the first rows of a data set of the Hub, in seconds.")
    max_recent_repositories: int = Field(30, gt=0, description="Repositories of the Hub that a workspace's list of recent ones keeps.")
    max_pushes: int = Field(2, gt=0, description="Pushes to the Hub that run at once on a server.")
    max_leaving_mb: int = Field(
        200,
        gt=0,
        description="Largest file that is pushed, in megabytes, but for safetensors and Parquet: it is looked through for tokens.",
    )
    max_versions: int = Field(100, gt=0, description="Commits of a repository of the Hub that are listed, the newest ones.")
    max_privacy_rows: int = Field(100_000, gt=0, description="Rows that are looked at for personal data, spread over the table.")
    max_privacy_name_rows: int = Field(500, gt=0, description="Rows of these in which a model looks for names of people.")
    max_privacy_characters: int = Field(20_000, gt=0, description="Characters of a cell that are looked at for personal data.")
    max_privacy_excerpts: int = Field(3, gt=0, description="Excerpts shown of each kind of personal data in a column.")
    max_card_kb: int = Field(200, gt=0, description="Part of a card of the Hub that is shown, in kilobytes.")
    live_memory_mb: int = Field(
        8_000, gt=0, description="Address space that the process answering pages may take above its start, in megabytes."
    )
    live_request_seconds: float = Field(60.0, gt=0, description="Longest time for one question of a page to a model, in seconds.")
    live_start_seconds: float = Field(
        60.0, gt=0, description="Longest wait of a question for the process answering pages to start, in seconds; it goes on starting."
    )
    live_models: int = Field(2, gt=0, description="Models that the process answering pages keeps loaded.")
    max_look_characters: int = Field(50_000, gt=0, description="Characters of the texts that a page looks at with a model, all together.")
    max_look_texts: int = Field(50, gt=0, description="Texts that a page compares with each other under one model.")

    # Looking at single rows
    max_scored_tokens: int = Field(
        1_024, gt=0, description="Tokens of a text that are scored one by one on a page; the rest is left out and counted."
    )
    max_alternatives: int = Field(50, gt=0, description="Most alternatives given for one token, gap or step.")
    max_written_tokens: int = Field(200, gt=0, description="Most tokens that a model writes in one answer to a page.")
    max_lens_layers: int = Field(32, gt=1, description="Most layers shown in a logit lens; of more, every so many.")
    max_lens_tokens: int = Field(48, gt=0, description="Most tokens shown in a logit lens at once.")
    max_tree_beams: int = Field(8, gt=0, description="Most beams of a search that is shown as a tree.")
    attribution_passes: int = Field(2_000, gt=0, description="Most forward passes of one attribution: texts that go through the model.")
    attribution_quick_passes: int = Field(
        100, ge=0, description="Forward passes up to which a page computes an attribution without being asked for it."
    )
    attribution_steps: int = Field(1_024, gt=0, description="Most points at which integrated gradients looks at a gradient.")
    attribution_seconds: float = Field(
        40.0, gt=0, description="Longest time of one attribution, in seconds; less than live_request_seconds, to say how far it came."
    )

    # Inference
    window_rows: int = Field(50_000, gt=0, description="Distinct rows planned together: tokenised in bulk and ordered by length.")
    window_mb: int = Field(64, gt=0, description="Text of one window, in megabytes; long texts make it end before window_rows.")
    fit_rows: int = Field(
        1_000, gt=0, description="Distinct rows looked at to see whether the texts fit the model: language, script, unknown pieces."
    )
    estimate_rows: int = Field(
        4_000, gt=0, description="Distinct rows tokenised for an estimate; a longer table is sampled and the estimate says so."
    )
    token_budget: int = Field(2_048, gt=0, description="Padded tokens in one batch on the CPU.")
    max_token_budget: int = Field(
        262_144, gt=0, description="Padded tokens up to which the batches of a GPU may grow; how many is measured on the rows of a run."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where jobs compute: auto takes a GPU where torch finds one that it can use."
    )
    part_seconds: float = Field(2.0, gt=0, description="A part is written at least this often, in seconds; a crash loses no more.")
    compared_rows: int = Field(
        50_000, gt=0, description="Distinct texts up to which a run compares all with all: similar rows, clusters, map."
    )
    probe_rows: int = Field(256, gt=0, description="Rows scored before a run to choose the precision and estimate the time.")
    max_probability_columns: int = Field(
        100, gt=0, description="Labels up to which every probability is a column of the result; above, the top five."
    )
    max_unmatched_labels: int = Field(
        100, gt=0, description="Values of a label column that match no label named in a run's figures; the rest is counted."
    )
    threads: int = Field(0, ge=0, description="Processor threads of one job; 0 lets torch choose.")
    backends: Annotated[tuple[str, ...], NoDecode] = Field(
        ("openvino",),
        description="What may run a model on the CPU in the place of torch where it is faster and agrees, separated like PATH.",
    )
    backend_rows: int = Field(
        3_000, gt=0, description="Distinct rows from which a backend is tried; its start would cost a smaller table more than it saves."
    )
    backend_seconds: float = Field(
        15.0, ge=0, description="Time that the rows after the probe must take with torch for a backend to be tried, in seconds."
    )

    # Tokens
    live_tokenizers: int = Field(6, gt=0, description="Tokenizers that the process answering pages keeps loaded.")
    token_characters: int = Field(100_000, gt=0, description="Characters of one text that is shown token by token.")
    token_rows: int = Field(
        50_000, gt=0, description="Rows of a column whose tokens are counted; of a longer table a sample, of a tokenizer in Python a tenth."
    )
    token_column_mb: int = Field(64, gt=0, description="Characters of a column whose tokens are counted, in millions; more are sampled.")
    token_part_seconds: float = Field(
        0.5, ge=0, description="Time for which a column is counted at one go, in seconds: other questions of pages wait as long."
    )
    token_matches: int = Field(1_000, gt=0, description="Entries of a vocabulary listed by one search; the rest is counted.")
    page_tokens: int = Field(400, gt=0, description="Tokens of a text on one page.")
    chat_template_kb: int = Field(64, gt=0, description="Largest chat template that is rendered, in kilobytes.")
    chat_characters: int = Field(100_000, gt=0, description="Longest messages, and longest text that a chat template may make of them.")
    chat_seconds: float = Field(5.0, gt=0, description="Longest time that rendering a chat template may take, in seconds.")
    chat_memory_mb: int = Field(200, gt=0, description="Memory that rendering a chat template may take, in megabytes.")

    # Training
    max_target_mb: int = Field(2_000, gt=0, description="Memory of a training's targets where a row may have several labels, in megabytes.")
    max_dials_kb: int = Field(100, gt=0, description="Largest file with the saved settings of a fine-tune, in kilobytes.")
    max_search_trials: int = Field(200, gt=0, description="Most fine-tunes of one search over dials.")
    report_to: Annotated[tuple[Literal["tensorboard", "trackio", "mlflow"], ...], NoDecode] = Field(
        (), description="Where transformers reports a training besides: tensorboard, trackio, mlflow, separated like PATH, where installed."
    )
    max_empty_windows: int = Field(
        8, gt=0, description="Windows without the answer that question answering learns from, of each row; more are drawn by chance."
    )
    max_judged_answers: int = Field(
        1_000, gt=0, description="Validation rows whose answers are read out at each evaluation of a training; more are drawn by chance."
    )
    finetune_texts: int = Field(
        200, gt=0, description="Validation rows whose texts a tuned model writes to be measured; more are drawn by chance."
    )
    on_off_rows: int = Field(
        1_000, ge=0, description="Validation rows that the base without the adapter answers too, to show what the adapter changed."
    )

    # Evaluation
    resampled_rows: int = Field(
        20_000,
        gt=0,
        description="Different rows that an interval resamples, and rows that a temperature is fitted on; of more, so many are drawn by "
        "chance and the answer says so.",
    )
    scored_texts: int = Field(
        20_000, gt=0, description="Rows whose texts, answers or entities an evaluation compares; more are drawn by chance and it says so."
    )
    max_evaluated_labels: int = Field(500, gt=1, description="Most different labels of an evaluation, predicted or true.")
    slice_rows: int = Field(30, gt=0, description="Compared rows below which a slice of a table says only that they are too few to tell.")
    slice_values: int = Field(20, gt=0, description="Most frequent values of a column that an evaluation makes slices of.")
    curve_points: int = Field(300, gt=10, description="Points that a curve of an evaluation is drawn with.")
    curve_labels: int = Field(20, gt=0, description="Most frequent labels that an evaluation draws curves of.")
    calibration_bins: int = Field(15, gt=1, description="Bins of a reliability diagram.")
    label_error_rows: int = Field(
        20_000, gt=9, description="Rows that a search for label errors learns from and judges; more are drawn by chance."
    )
    drift_rows: int = Field(50_000, gt=0, description="Rows of each table that a comparison of two tables reads; more are drawn by chance.")

    # Demos
    demo_host: str = Field(
        "127.0.0.1", description="Address that demos listen on: this machine alone by default, 0.0.0.0 for everybody who has the link."
    )
    demo_port: int = Field(7_870, ge=0, lt=65_536, description="First port that a demo may take; 0 lets the system choose one.")
    demo_ports: int = Field(20, gt=0, description="Ports from demo_port on that demos may take.")
    demo_idle_minutes: float = Field(30.0, gt=0, description="A demo that nobody has asked for so long ends, in minutes.")
    demo_start_seconds: float = Field(300.0, gt=0, description="Longest time that a demo may take until it answers, in seconds.")
    max_running_demos: int = Field(2, gt=0, description="Demos that run at once on a server; they take no place of other jobs.")
    max_running_demos_per_owner: int = Field(1, gt=0, description="Demos of one workspace that run at once.")
    max_space_mb: int = Field(
        1_000, gt=0, description="Largest demo that a page packs into a zip, in megabytes; the command line packs any."
    )

    # Pages
    share_workspace: bool = Field(False, description="Every visitor shares one workspace, as on a server bound to this machine only.")
    query_memory_mb: int = Field(
        1_000, gt=0, description="Memory that the questions of a page about one run's results may take, in megabytes."
    )
    query_threads: int = Field(2, gt=0, description="Processor threads of one question about results.")
    max_merge_mb: int = Field(
        2_000,
        gt=0,
        description="Largest weights of a model that a page merges an adapter into, in megabytes; the command line merges into any.",
    )
    merge_seconds: float = Field(600.0, gt=0, description="Longest time that a page waits for a merged model, in seconds.")
    page_rows: int = Field(50, gt=0, description="Rows on one page of a result table.")
    max_dashboards: int = Field(100, gt=0, description="Most dashboards of one workspace.")
    max_pins: int = Field(50, gt=0, description="Most charts pinned to one dashboard.")
    max_notes_characters: int = Field(10_000, gt=0, description="Most characters of the notes of one dashboard.")

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("model_roots", mode="before")
    @classmethod
    def _split_roots(cls, roots: object) -> object:
        if isinstance(roots, str):
            return tuple(Path(root).expanduser() for root in roots.split(os.pathsep) if root)
        return roots

    @field_validator("report_to", mode="before")
    @classmethod
    def _split_trackers(cls, trackers: object) -> object:
        """Each once, however it is written; ``none`` is none."""
        if not isinstance(trackers, str):
            return trackers
        names = [name.strip().lower() for name in trackers.replace(",", os.pathsep).split(os.pathsep)]
        return tuple(dict.fromkeys(name for name in names if name and name != "none"))

    @field_validator("quick_start_modules", "backends", mode="before")
    @classmethod
    def _split_modules(cls, modules: object) -> object:
        return tuple(name for name in modules.split(os.pathsep) if name) if isinstance(modules, str) else modules

    def environment(self) -> dict[str, str]:
        """The environment for a child process of ours: the parent's, with exactly these settings."""
        child = {name: value for name, value in os.environ.items() if not name.startswith("SHEETFORMER_")}
        for name, value in self.model_dump().items():
            if isinstance(value, tuple):
                value = os.pathsep.join(str(item) for item in value)
            child[f"SHEETFORMER_{name.upper()}"] = str(value)
        return child
