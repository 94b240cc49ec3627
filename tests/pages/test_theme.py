"""The colours of both themes can be read, and the server's own settings are safe."""

import tomllib
from pathlib import Path

import pytest

CONFIG = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))
ENOUGH = 4.5
ENOUGH_FOR_MARKS = 3.0  # WCAG 1.4.11: graphical objects


def luminance(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "background"),
    [
        ("textColor", "backgroundColor"),
        ("textColor", "secondaryBackgroundColor"),
        ("linkColor", "backgroundColor"),
        ("grayTextColor", "backgroundColor"),  # names of tabs
        ("codeTextColor", "codeBackgroundColor"),
        ("dataframeHeaderTextColor", "dataframeHeaderBackgroundColor"),
    ],
)
def test_text_has_enough_contrast(mode, text, background):
    theme = CONFIG["theme"][mode]
    assert contrast(theme[text], theme[background]) >= ENOUGH


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_primary_button_carries_white_text_and_the_sidebar_the_text_color(mode):
    theme = CONFIG["theme"][mode]
    assert contrast(theme["primaryColor"], "#ffffff") >= ENOUGH
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= ENOUGH_FOR_MARKS  # the line under the open tab
    assert contrast(theme["textColor"], theme["sidebar"]["backgroundColor"]) >= ENOUGH


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_chart_colors_stand_out_and_scales_are_complete(mode):
    theme = CONFIG["theme"][mode]
    for color in theme["chartCategoricalColors"]:
        assert contrast(color, theme["backgroundColor"]) >= ENOUGH_FOR_MARKS, color
    assert len(set(theme["chartCategoricalColors"])) == 10  # with fewer, Plotly charts fall back to other colors
    assert len(theme["chartSequentialColors"]) == len(theme["chartDivergingColors"]) == 10


def test_the_server_asks_nothing_tells_nothing_and_stays_on_this_machine():
    server = CONFIG["server"]
    assert server["address"] == "127.0.0.1"
    assert server["port"] == 8501
    assert server["showEmailPrompt"] is False
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert server["enableCORS"] is True
    assert server["enableXsrfProtection"] is True
    assert server["enableStaticServing"] is False
    assert server.get("enableAgentApi", False) is False
    assert CONFIG["client"]["showErrorDetails"] == "none"


def test_no_font_comes_from_elsewhere():
    assert "http" not in str(CONFIG["theme"])


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_captions_can_be_read_too(mode):
    """Streamlit draws captions in the text color at 60 %."""
    theme = CONFIG["theme"][mode]
    text, background = theme["textColor"], theme["backgroundColor"]
    mixed = [round(0.6 * int(text[at : at + 2], 16) + 0.4 * int(background[at : at + 2], 16)) for at in (1, 3, 5)]
    assert contrast("#" + "".join(f"{channel:02x}" for channel in mixed), background) >= ENOUGH
