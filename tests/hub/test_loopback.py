"""The loopback Hub against the real client: what it says must be what huggingface_hub reads from the Hub."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.server import LoopbackHub

WEIGHTS = bytes(range(256)) * 100


@pytest.fixture(autouse=True)
def _online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests run offline; these ask this machine."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)


def api(hub: LoopbackHub, token: str | bool = TOKEN) -> HfApi:
    return HfApi(endpoint=hub.url, token=token)


def test_whose_token_it_is(loopback: LoopbackHub) -> None:
    assert api(loopback).whoami()["name"] == ANALYST
    with pytest.raises(HfHubHTTPError):
        api(loopback, "hf_wrong").whoami()


def test_a_search_has_pages_filters_and_an_order(loopback: LoopbackHub) -> None:
    for number in range(7):
        task = "text-classification" if number % 2 else "fill-mask"
        loopback.shelf.add("model", f"owner/tiny-{number}", facts={"pipeline_tag": task, "likes": number})
    loopback.shelf.add("model", "other/large", facts={"likes": 99})
    found = list(api(loopback).list_models(search="tiny", pipeline_tag="text-classification", sort="likes", limit=2))
    assert [model.id for model in found] == ["owner/tiny-5", "owner/tiny-3"]
    assert len(list(api(loopback).list_models(author="owner"))) == 7
    assert [model.id for model in api(loopback).list_models(sort="likes", limit=1)] == ["other/large"]


def test_a_revision_is_a_commit_and_files_have_sizes(loopback: LoopbackHub) -> None:
    repo = loopback.shelf.add("model", "owner/tiny", {"config.json": b"{}", "model.safetensors": WEIGHTS, "onnx/a.txt": b"a"})
    info = api(loopback).model_info("owner/tiny", files_metadata=False)
    assert info.sha == repo.at("main").oid and {file.rfilename for file in info.siblings or []} == set(repo.at("main").files)
    sizes = {file.path: file.size for file in api(loopback).list_repo_tree("owner/tiny", recursive=True) if hasattr(file, "size")}
    assert sizes == {"config.json": 2, "model.safetensors": len(WEIGHTS), "onnx/a.txt": 1}
    with pytest.raises(RevisionNotFoundError):
        api(loopback).model_info("owner/tiny", revision="no-such")


def test_a_file_comes_whole_after_a_cut(loopback: LoopbackHub, tmp_path: Path) -> None:
    loopback.shelf.add("model", "owner/tiny", {"model.safetensors": WEIGHTS})
    loopback.faults.add("/resolve/.*safetensors", method="GET", cut=1_000, times=1)
    got = hf_hub_download("owner/tiny", "model.safetensors", endpoint=loopback.url, cache_dir=tmp_path, token=False)
    assert Path(got).read_bytes() == WEIGHTS
    assert len(loopback.asked("GET", "/resolve/")) == 2


def test_a_part_of_a_file_can_be_asked_for(loopback: LoopbackHub) -> None:
    loopback.shelf.add("model", "owner/tiny", {"model.safetensors": WEIGHTS})
    request = urllib.request.Request(f"{loopback.url}/owner/tiny/resolve/main/model.safetensors", headers={"Range": "bytes=10-19"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 206 and answer.read() == WEIGHTS[10:20]
        assert answer.headers["Content-Range"] == f"bytes 10-19/{len(WEIGHTS)}"


@pytest.mark.parametrize(
    ("repo", "path", "error"),
    [
        ("owner/gated", "config.json", GatedRepoError),
        ("owner/private", "config.json", RepositoryNotFoundError),
        ("owner/none", "config.json", RepositoryNotFoundError),
        ("owner/open", "none.json", EntryNotFoundError),
    ],
)
def test_each_refusal_is_its_own(loopback: LoopbackHub, tmp_path: Path, repo: str, path: str, error: type[Exception]) -> None:
    loopback.shelf.add("model", "owner/gated", {"config.json": b"{}"}, gated=True)
    loopback.shelf.add("model", "owner/private", {"config.json": b"{}"}, private=True)
    loopback.shelf.add("model", "owner/open", {"config.json": b"{}"})
    with pytest.raises(error):
        hf_hub_download(repo, path, endpoint=loopback.url, cache_dir=tmp_path, token=False)


def test_who_has_been_let_in_reads_a_gated_file(loopback: LoopbackHub, tmp_path: Path) -> None:
    loopback.shelf.add("model", "owner/gated", {"config.json": b"{}"}, gated=True, access={ANALYST})
    assert Path(hf_hub_download("owner/gated", "config.json", endpoint=loopback.url, cache_dir=tmp_path, token=TOKEN)).read_bytes() == b"{}"


def test_files_go_up_to_main_to_a_branch_and_as_a_pull_request(loopback: LoopbackHub) -> None:
    client = api(loopback)
    url = client.create_repo("mine", private=True)
    assert url.repo_id == "analyst/mine" and loopback.shelf.repositories["model", "analyst/mine"].private
    files = [CommitOperationAdd("README.md", b"# Mine"), CommitOperationAdd("adapter_model.safetensors", WEIGHTS)]
    made = client.create_commit("analyst/mine", files, commit_message="first files")
    repo = loopback.shelf.repositories["model", "analyst/mine"]
    assert made.oid == repo.at("main").oid and repo.at("main").files["adapter_model.safetensors"] == WEIGHTS
    client.create_branch("analyst/mine", branch="trial")
    client.upload_file(path_or_fileobj=b"trial", path_in_repo="a.txt", repo_id="analyst/mine", revision="trial")
    assert "a.txt" in repo.at("trial").files and "a.txt" not in repo.at("main").files
    asked = client.create_commit("analyst/mine", [CommitOperationDelete("README.md")], commit_message="without a card", create_pr=True)
    assert asked.pr_num == 1 and "README.md" in repo.at("main").files and "README.md" not in repo.at("refs/pr/1").files
    assert [commit.title for commit in client.list_repo_commits("analyst/mine")] == ["first files", "initial commit"]
    assert {ref.name for ref in client.list_repo_refs("analyst/mine").branches} == {"main", "trial"}


def test_nobody_writes_to_what_is_not_theirs(loopback: LoopbackHub) -> None:
    loopback.shelf.add("model", "owner/tiny", {"config.json": b"{}"})
    with pytest.raises(RepositoryNotFoundError):
        api(loopback).upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="owner/tiny")


def test_a_commit_on_an_old_state_is_refused(loopback: LoopbackHub) -> None:
    client = api(loopback)
    client.create_repo("mine")
    before = client.model_info("analyst/mine").sha
    client.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id="analyst/mine")
    with pytest.raises(HfHubHTTPError):
        client.upload_file(path_or_fileobj=b"2", path_in_repo="a", repo_id="analyst/mine", parent_commit=before)
