"""Laws of the pages that can be read off their source."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "pages").rglob("*.py")), ROOT / "Home.py", ROOT / "serve.py"]
DRAWN = {"dataframe", "table", "data_editor", "plotly_chart", "image"}
PARTS = ROOT / "pages" / "parts"
RAW = {"html", "iframe"}
MOST_LINES_OF_A_PAGE = 120
MOST_FILES_OF_A_ROOM = 20


def streamlit_calls(path: Path) -> list[tuple[str, ast.Call]]:
    tree = ast.parse(path.read_text("utf-8"))
    return [(node.func.attr, node) for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_everything_drawn_has_a_text_alternative_and_nothing_is_raw(path):
    for name, call in streamlit_calls(path):
        if name in DRAWN and isinstance(call.func.value, ast.Name) and call.func.value.id == "st":
            assert any(keyword.arg == "alt" for keyword in call.keywords), f"{path.name}:{call.lineno} has no alt"
        assert name not in RAW, f"{path.name}:{call.lineno} draws raw HTML"
        assert not any(keyword.arg == "unsafe_allow_html" for keyword in call.keywords), f"{path.name}:{call.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_tabs_are_made_where_their_names_can_be_read(path):
    """Streamlit's own write the open tab's name in the primary colour; so does a segmented control."""
    used = {name for name, _ in streamlit_calls(path)}
    assert "segmented_control" not in used
    assert "tabs" not in used or path.name == "tabs.py"


def test_no_component_of_anyone_is_used():
    for path in SOURCES:
        assert "components" not in path.read_text("utf-8"), path


@pytest.mark.parametrize("path", [path for path in SOURCES if not path.is_relative_to(PARTS)], ids=lambda path: path.name)
def test_a_page_is_a_short_story(path):
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES_OF_A_PAGE


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*/*.py")), ids=lambda path: path.name)
def test_a_page_has_one_title_and_one_purpose(path):
    if path.is_relative_to(PARTS):
        return
    calls = [name for name, _ in streamlit_calls(path)]
    assert calls.count("begin") == 1
    assert "title" not in calls


def test_no_page_lies_where_it_could_be_opened_without_home():
    assert list((ROOT / "pages").glob("*.py")) == []


def test_no_room_of_the_parts_is_crowded():
    for room in [PARTS, *(path for path in PARTS.iterdir() if path.is_dir())]:
        assert len(list(room.glob("*.py"))) <= MOST_FILES_OF_A_ROOM, f"{room.name} holds too many files: give a subject of its own a room"
