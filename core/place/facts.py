"""What this place can and cannot do: one fact and one sentence of consequence each."""

from __future__ import annotations

import platform
from typing import Literal

from pydantic import BaseModel

from core import hub
from core.errors import HubError, NotAllowed
from core.hub.fitting import LOADED
from core.place import machine
from core.place.hosting import Host, host
from core.processes import free_memory
from core.settings import MEGABYTE, SPACE_DISK, Settings

GIGABYTE = 1_000_000_000
LEAST_MEMORY = 4 * GIGABYTE
LEAST_DISK = 2 * GIGABYTE
SHOWN_PACKAGES = ("torch", "transformers", "peft", "datasets", "huggingface_hub", "streamlit", "openvino", "pandas", "pyarrow", "duckdb")
State = Literal["good", "limited", "off"]


class Fact(BaseModel, frozen=True):
    """One thing of this place.

    Args:
        subject: what it is about.
        found: what was found, with its unit.
        meaning: one sentence: what follows from it.
        state: whether it holds anything back.
    """

    subject: str
    found: str
    meaning: str
    state: State = "good"


class Limit(BaseModel, frozen=True):
    """A setting in force.

    Args:
        changed: somebody set another value than the default.
    """

    name: str
    value: int | float | bool | str
    changed: bool
    meaning: str


class Place(BaseModel, frozen=True):
    """Everything that :func:`describe` found."""

    host: Host
    facts: tuple[Fact, ...]
    limits: tuple[Limit, ...]
    versions: dict[str, str]


def describe(settings: Settings, *, shared: bool, asked: bool = False) -> Place:
    """This place, without asking anybody outside.

    Args:
        shared: every visitor works in one workspace.
        asked: whether to ask the Hub for a sign of life too.
    """
    where = host()
    facts = [memory(settings), disk(settings, where), processor(), gpu(settings), processes(settings), visitors(where, shared)]
    facts += [hub_fact(settings)] if asked else []
    return Place(host=where, facts=(*facts, sign_in(shared)), limits=limits(settings), versions=versions())


def memory(settings: Settings) -> Fact:
    """Free memory in models."""
    most, free = machine.memory(), free_memory()
    usable = min(free, settings.job_memory_mb * MEGABYTE)
    half, full = (_parameters(usable / LOADED / size) for size in (2, 4))
    meaning = f"Models up to about {half} parameters in bf16, or {full} in fp32, fit now; a fine-tune needs more, as its probe says."
    state: State = "good" if usable >= LEAST_MEMORY else "limited"
    return Fact(subject="Memory", found=f"{_gb(free)} free of {_gb(most)}", meaning=meaning, state=state)


def disk(settings: Settings, where: Host) -> Fact:
    """Free disk, and whether it lasts."""
    found = machine.disk(settings.home)
    lasts, meaning = _lasting(settings, where, found)
    if found.over_network:
        meaning += " It is reached over a network: the job queue needs file locks there; use a local disk if jobs hang."
    if not found.writable:
        lasts, meaning = (
            False,
            "The data folder cannot be written: nothing can be imported or run. SHEETFORMER_HOME names it.",
        )
    elif found.free < LEAST_DISK:
        meaning += " It is nearly full: results and downloads may not fit."
    state: State = "off" if not found.writable else "good" if lasts and found.free >= LEAST_DISK and not found.over_network else "limited"
    return Fact(subject="Disk", found=f"{_gb(found.free)} free", meaning=meaning, state=state)


def _lasting(settings: Settings, where: Host, found: machine.Disk) -> tuple[bool, str]:
    lost = "Tables, runs and adapters are lost when {what}: download what you want to keep."
    if where is Host.SPACE and settings.home.is_relative_to(SPACE_DISK):
        return True, f"Tables, runs and adapters lie in the Space's storage ({SPACE_DISK}) and outlast a restart."
    if where is Host.SPACE:
        return False, lost.format(what="the Space restarts or sleeps") + " A storage bucket mounted at /data keeps them."
    if where is Host.COMMUNITY_CLOUD:
        return False, lost.format(what="the app restarts, sleeps or is deployed again")
    if found.in_memory:
        return False, lost.format(what="the machine restarts, for the data folder lies in memory")
    if where is Host.CONTAINER and found.of_container:
        return False, lost.format(what="the container is removed") + " A volume for the data folder keeps them."
    return True, "Tables, runs and adapters stay until somebody deletes them."


def processor() -> Fact:
    """Kind and number of processors."""
    cpu, cores = machine.processor(), machine.cores()
    kinds = [word for word, has in (("AMX", cpu.amx), ("bf16", cpu.bf16), ("AVX-512", cpu.avx512)) if has]
    found = f"{cores:g} × {cpu.name}" + (f", with {', '.join(kinds)}" if kinds else "")
    if cpu.bf16:
        meaning = "It multiplies in bf16: runs take bf16, which is faster there, where it gives the answers of fp32."
    else:
        meaning = "It has no bf16 arithmetic: runs compute in fp32, or on OpenVINO where that is faster and agrees."
    return Fact(subject="Processor", found=found, meaning=meaning, state="good" if cores >= 2 else "limited")


def gpu(settings: Settings) -> Fact:
    """GPUs, and whether jobs can use them."""
    found = machine.gpus()
    if not found:
        meaning = "Models run on the processor; large ones are slow, and long texts take long."
        return Fact(subject="GPU", found="none", meaning=meaning, state="limited")
    said = "; ".join(f"{one.name}, {_gb(one.memory)}" for one in found)
    if machine.torch_is_for_cpu_only():
        return Fact(subject="GPU", found=said, meaning="Installed is torch's build for processors, which leaves it alone.", state="limited")
    if settings.device == "cpu":
        return Fact(subject="GPU", found=said, meaning="The setting device is cpu, so jobs leave it alone.", state="limited")
    best = max(one.memory for one in found)
    meaning = f"Jobs use it: models up to about {_parameters(best / LOADED / 2)} parameters in bf16 fit when it is free."
    return Fact(subject="GPU", found=said, meaning=meaning)


def processes(settings: Settings) -> Fact:
    """Jobs at once."""
    left = machine.processes_left()
    quick = settings.quick_starts and free_memory() >= settings.quick_start_free_mb * MEGABYTE
    start = "They start within a second or two." if quick else "Each loads its libraries first, some ten seconds: quick starts are off."
    found = f"{settings.max_running_jobs} jobs at once" if settings.max_running_jobs > 1 else "1 job at once"
    found += f", {settings.max_running_jobs_per_owner} of one workspace"
    found += f"; {left:,} processes left" if left is not None else ""
    meaning = f"More of them wait in a queue. {start}"
    return Fact(subject="Jobs", found=found, meaning=meaning, state="good" if quick else "limited")


def visitors(where: Host, shared: bool) -> Fact:
    """Who shares what."""
    if shared:
        return Fact(subject="Visitors", found="one workspace", meaning="Whoever can open this server sees the same tables and runs.")
    more = " In a frame on huggingface.co it is another one than in a tab of its own." if where is Host.SPACE else ""
    meaning = "A cookie keeps them apart; a link with a run's id shares that run, for reading." + more
    return Fact(subject="Visitors", found="a workspace for each browser", meaning=meaning)


def sign_in(shared: bool) -> Fact:
    """Ways to sign in to the Hub."""
    ways = ["a token in a field"]
    if not shared and hub.provider() is not None:
        ways.insert(0, "Sign in with Hugging Face")
    if shared and hub.from_environment():
        ways.append("the server's own token")
    return Fact(
        subject="Sign-in to the Hub",
        found=", ".join(ways),
        meaning="For private and gated models and data sets, and to publish. A token of yours is in the server's memory only: a restart "
        "forgets it.",
    )


def hub_fact(settings: Settings) -> Fact:
    """Whether the Hub answers, asked now; takes up to ``hub_probe_seconds``."""
    try:
        hub.probe(settings)
    except NotAllowed:
        return Fact(subject="Hub", found="not allowed", meaning="HF_ENDPOINT must be https, or on this machine.", state="off")
    except HubError as error:
        found = error.found.partition(" from ")[0]  # the rest is the address, which the environment sets
        meaning = "Only what is on this machine can be used: embedded, tuned and fetched models."
        return Fact(subject="Hub", found=found, meaning=meaning, state="off")
    return Fact(subject="Hub", found="it answers", meaning="Models and data sets can be searched and fetched.")


def limits(settings: Settings) -> tuple[Limit, ...]:
    """Numbers and switches in force. Folders and lists stay out: they are the administrator's."""
    found = []
    for name, known in Settings.model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, int | float | str):
            changed = value != known.get_default(call_default_factory=True)
            found.append(Limit(name=name, value=value, changed=changed, meaning=known.description or ""))
    return tuple(found)


def versions() -> dict[str, str]:
    """Version by name of what answers depend on."""
    known = {name: found for name in SHOWN_PACKAGES if (found := machine.version(name))}
    return {"Python": platform.python_version()} | known


def _gb(size: float) -> str:
    return f"{size / GIGABYTE:,.1f} GB"


def _parameters(number: float) -> str:
    return f"{number / 1e9:,.1f} B" if number >= 1e9 else f"{max(0, number) / 1e6:,.0f} M"
