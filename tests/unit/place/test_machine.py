"""What is read from the system."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from core.place import machine


def test_a_processor_is_known_by_its_flags(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(
        "model name\t: Some Xeon\nflags\t\t: fpu avx512f avx512_bf16 amx_bf16\n\nmodel name\t: Some Xeon\nflags\t\t: fpu avx512f\n"
    )
    assert machine.processor(path) == machine.Processor("Some Xeon", True, True, True)
    path.write_text("Features\t: fp asimd bf16\n")
    arm = machine.processor(path)
    assert (arm.amx, arm.bf16, arm.avx512) == (False, True, False)
    assert not machine.processor(tmp_path / "missing").bf16


def test_a_containers_shares_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    whole, all_cores = machine.memory(), machine.cores()
    assert machine.processes_left() is None
    for name, text in {"cpu.max": "50000 100000", "memory.max": "1000000", "pids.max": "100", "pids.current": "40"}.items():
        (tmp_path / name).write_text(text + "\n")
    assert (machine.cores(), machine.memory(), machine.processes_left()) == (0.5, 1_000_000, 60)
    for name in ("cpu.max", "memory.max", "pids.max"):
        (tmp_path / name).write_text("max 100000\n" if name == "cpu.max" else "max\n")
    assert (machine.cores(), machine.memory(), machine.processes_left()) == (all_cores, whole, None)


def test_gpus_are_those_that_nvidias_tool_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.gpus() == ()
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\necho "NVIDIA H100, 80, rev 2, 81559"\necho "broken"\n')
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    assert machine.gpus() == (machine.Gpu("NVIDIA H100, 80, rev 2", 81_559 * (1 << 20)),)
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert machine.gpus() == ()


def test_a_folder_that_is_not_there_yet_lies_on_its_parents_disk(tmp_path: Path) -> None:
    found = machine.disk(tmp_path / "not" / "yet")
    assert found.free > 0 and found.writable and found.kind


def test_kinds_of_disks() -> None:
    assert machine.Disk(1, "fuse.geesefs", True).over_network and not machine.Disk(1, "ext4", True).over_network
    assert machine.Disk(1, "tmpfs", True).in_memory
    assert machine.version("no-such-package") == ""
