"""What a place can do, said from what was found; and what is never said."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import place
from core.errors import HubError
from core.place import Host, facts, hosting, machine
from core.settings import Settings

GB = 1_000_000_000
CANARY = "canary-of-the-environment"


@pytest.fixture(autouse=True)
def plain_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 8 GB free of 16, a local disk, four processors with bf16 and no GPU."""
    for name in ("SPACE_ID", "KUBERNETES_SERVICE_HOST", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(facts, "free_memory", lambda: 8 * GB)
    monkeypatch.setattr(machine, "memory", lambda: 16 * GB)
    monkeypatch.setattr(machine, "disk", lambda folder: machine.Disk(50 * GB, "ext4", True))
    monkeypatch.setattr(machine, "processor", lambda: machine.Processor("Some processor", True, True, True))
    monkeypatch.setattr(machine, "cores", lambda: 4.0)
    monkeypatch.setattr(machine, "gpus", tuple)
    monkeypatch.setattr(machine, "processes_left", lambda: None)


def test_memory_is_said_in_models_and_a_jobs_limit_counts(tmp_path: Path) -> None:
    free = facts.memory(Settings(home=tmp_path, job_memory_mb=16_000))
    assert free.found == "8.0 GB free of 16.0 GB"
    assert "up to about 3.1 B parameters in bf16, or 1.5 B in fp32" in free.meaning  # 8 GB / 1.3 / 2 or 4 bytes
    held = facts.memory(Settings(home=tmp_path, job_memory_mb=1_000))
    assert "385 M parameters in bf16" in held.meaning and held.state == "limited"


@pytest.mark.parametrize(
    ("where", "disk", "words", "state"),
    [
        (Host.MACHINE, machine.Disk(50 * GB, "ext4", True), "stay until somebody deletes them", "good"),
        (Host.MACHINE, machine.Disk(50 * GB, "tmpfs", True), "lost when the machine restarts", "limited"),
        (Host.MACHINE, machine.Disk(50 * GB, "nfs4", True), "reached over a network", "limited"),
        (Host.MACHINE, machine.Disk(1 * GB, "ext4", True), "nearly full", "limited"),
        (Host.MACHINE, machine.Disk(50 * GB, "ext4", False), "cannot be written", "off"),
        (Host.CONTAINER, machine.Disk(50 * GB, "overlay", True), "lost when the container is removed", "limited"),
        (Host.CONTAINER, machine.Disk(50 * GB, "fuse.fuse-overlayfs", True), "lost when the container is removed", "limited"),
        (Host.CONTAINER, machine.Disk(50 * GB, "ext4", True), "stay until somebody deletes them", "good"),
        (Host.COMMUNITY_CLOUD, machine.Disk(50 * GB, "ext4", True), "lost when the app restarts, sleeps", "limited"),
        (Host.SPACE, machine.Disk(50 * GB, "overlay", True), "lost when the Space restarts or sleeps", "limited"),
    ],
)
def test_a_disk_is_said_with_what_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Host, disk: machine.Disk, words: str, state: str
) -> None:
    monkeypatch.setattr(machine, "disk", lambda folder: disk)
    said = facts.disk(Settings(home=tmp_path), where)
    assert words in said.meaning and said.state == state


def test_a_spaces_storage_lasts() -> None:
    said = facts.disk(Settings(home=Path("/data")), Host.SPACE)
    assert "outlast a restart" in said.meaning and said.state == "good"


def test_a_gpu_is_used_or_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path)
    assert facts.gpu(settings).found == "none"
    monkeypatch.setattr(machine, "gpus", lambda: (machine.Gpu("H100", 80 * GB),))
    monkeypatch.setattr(machine, "version", lambda package: "2.13.0+cpu")
    assert "torch's build for processors" in facts.gpu(settings).meaning
    monkeypatch.setattr(machine, "version", lambda package: "2.13.0")
    assert "30.8 B parameters in bf16" in facts.gpu(settings).meaning
    assert "leave it alone" in facts.gpu(Settings(home=tmp_path, device="cpu")).meaning


def test_jobs_start_quickly_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "a second or two" in facts.processes(Settings(home=tmp_path, max_running_jobs=3)).meaning
    assert facts.processes(Settings(home=tmp_path, max_running_jobs=3)).found.startswith("3 jobs at once")
    assert "quick starts are off" in facts.processes(Settings(home=tmp_path, quick_starts=False)).meaning
    monkeypatch.setattr(facts, "free_memory", lambda: GB)
    assert facts.processes(Settings(home=tmp_path)).state == "limited"
    monkeypatch.setattr(machine, "processes_left", lambda: 1_234)
    assert "1,234 processes left" in facts.processes(Settings(home=tmp_path)).found


def test_the_hub_is_asked_only_when_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(facts.hub, "probe", lambda settings: asked.append(1))
    place.describe(Settings(home=tmp_path), shared=True)
    assert asked == []
    said = place.describe(Settings(home=tmp_path), shared=True, asked=True)
    assert asked == [1] and any(fact.subject == "Hub" and fact.found == "it answers" for fact in said.facts)


def test_a_silent_hub_is_said_without_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(settings: Settings) -> None:
        raise HubError("the Hub", f"ConnectError from https://{CANARY}.test", "Try later.")

    monkeypatch.setattr(facts.hub, "probe", silent)
    said = place.hub_fact(Settings(home=tmp_path))
    assert (said.found, said.state) == ("ConnectError", "off")
    monkeypatch.undo()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://{CANARY}.test")
    refused = place.hub_fact(Settings(home=tmp_path))
    assert refused.found == "not allowed" and CANARY not in refused.model_dump_json()


def test_no_secret_no_path_and_no_value_of_the_environment_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "OAUTH_CLIENT_SECRET", "OAUTH_CLIENT_ID", "OAUTH_SCOPES", "SPACE_ID", "SPACE_HOST", "HF_ENDPOINT"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("OPENID_PROVIDER_URL", f"https://{CANARY}.test")
    settings = Settings(home=tmp_path / CANARY, model_roots=(tmp_path / CANARY,), quick_start_modules=(CANARY,))
    for shared in (True, False):
        said = place.describe(settings, shared=shared, asked=True)
        assert CANARY not in said.model_dump_json()
    assert "Sign in with Hugging Face" in place.describe(settings, shared=False).model_dump_json()
    assert "Sign in with Hugging Face" not in place.describe(settings, shared=True).model_dump_json(), "one sign-in for all is none"
    assert "the server's own token" in place.describe(settings, shared=True).model_dump_json()


def test_limits_say_what_was_changed(tmp_path: Path) -> None:
    found = {limit.name: limit for limit in place.limits(Settings(home=tmp_path, max_rows=7))}
    assert (found["max_rows"].value, found["max_rows"].changed, found["max_columns"].changed) == (7, True, False)
    assert not {"home", "model_roots", "report_to"} & set(found)
    assert not found["job_memory_mb"].changed, "what is computed is its default"


def test_versions_are_those_installed() -> None:
    assert {"Python", "torch", "streamlit"} <= set(place.versions())


def test_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.host(tmp_path) is Host.MACHINE
    (tmp_path / ".dockerenv").touch()
    assert place.host(tmp_path) is Host.CONTAINER
    monkeypatch.setattr(hosting, "COMMUNITY_SOURCES", Path(hosting.__file__).resolve().parents[2])
    assert place.host(tmp_path) is Host.COMMUNITY_CLOUD
    monkeypatch.setenv("SPACE_ID", "owner/name")
    assert place.host(tmp_path) is Host.SPACE and place.on_space()
