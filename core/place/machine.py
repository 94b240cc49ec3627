"""What the machine has, read from the system: no model library is imported for it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.processes import CGROUP

CPU_FACTS = Path("/proc/cpuinfo")
GPU_QUESTION = ("--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
GPU_SECONDS = 5.0
MEBIBYTE = 1 << 20
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
NETWORK = ("nfs", "cifs", "smb", "fuse", "9p", "s3", "gcs")


def cores() -> float:
    """Processors that this process may use: its own share, or the container's where that is less."""
    own = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()
        return min(own, int(quota) / int(period)) if quota != "max" else own
    except (OSError, ValueError):
        return own


def memory() -> int:
    """Bytes of memory: the machine's, or the container's where that is less."""
    most = psutil.virtual_memory().total
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            limit = (CGROUP / name).read_text().strip()
        except OSError:
            continue
        if limit.isdecimal():
            most = min(most, int(limit))
    return most


def processes_left() -> int | None:
    """Processes that may still be started in this container; ``None`` where nothing limits them."""
    try:
        most, now = (CGROUP / "pids.max").read_text().strip(), (CGROUP / "pids.current").read_text().strip()
    except OSError:
        return None
    return max(0, int(most) - int(now)) if most.isdecimal() and now.isdecimal() else None


@dataclass(frozen=True)
class Processor:
    """Args: name as the system says it; the instructions that matter here, in words people search for."""

    name: str
    amx: bool
    bf16: bool
    avx512: bool


def processor(facts: Path = CPU_FACTS) -> Processor:
    """The processor, from Linux' own list; elsewhere its name only."""
    try:
        lines = facts.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    said = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    flags = set((said.get("flags") or said.get("features") or "").split())
    name = said.get("model name") or platform.processor() or platform.machine()
    return Processor(name, "amx_bf16" in flags, bool({"amx_bf16", "avx512_bf16", "bf16"} & flags), "avx512f" in flags)


@dataclass(frozen=True)
class Gpu:
    """Args: memory in bytes."""

    name: str
    memory: int


def gpus() -> tuple[Gpu, ...]:
    """GPUs that NVIDIA's own tool lists; none where it is missing or does not answer."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    try:
        said = subprocess.run([tool, *GPU_QUESTION], capture_output=True, text=True, timeout=GPU_SECONDS, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    pairs = (line.rpartition(",") for line in said.stdout.splitlines() if said.returncode == 0)
    return tuple(Gpu(name.strip(), int(size) * MEBIBYTE) for name, _, size in pairs if size.strip().isdecimal())


def version(package: str) -> str:
    """The installed version; empty where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def torch_is_for_cpu_only() -> bool:
    """Whether the installed build of torch can use no GPU, as its version says: ``2.13.0+cpu``."""
    return version("torch").endswith("+cpu")


@dataclass(frozen=True)
class Disk:
    """Args: bytes free where the data folder is or will be; kind of file system; whether it can be written."""

    free: int
    kind: str
    writable: bool

    @property
    def in_memory(self) -> bool:
        return self.kind in IN_MEMORY

    @property
    def over_network(self) -> bool:
        return self.kind.startswith(NETWORK) and not self.of_container

    @property
    def of_container(self) -> bool:
        """The container's own layer, which goes with it."""
        return self.kind in ("overlay", "aufs", "fuse.fuse-overlayfs")


def disk(folder: Path) -> Disk:
    """The disk of a folder that may not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return Disk(shutil.disk_usage(folder).free, _kind_of(folder.resolve()), os.access(folder, os.W_OK))


def _kind_of(folder: Path) -> str:
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    return next((mounts[place].lower() for place in (folder, *folder.parents) if place in mounts), "")
