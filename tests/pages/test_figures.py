"""What a chart offers beside itself."""

from pages.parts import figures


def test_a_picture_is_named_after_the_finding() -> None:
    asked = figures.config("91.2 % right: a/b <c>\nmost often wrong is “d”.")["toImageButtonOptions"]
    assert asked["filename"] == "91.2 % right a b c most often wrong is d"
    assert figures.config("…")["toImageButtonOptions"]["filename"] == "chart"
    assert len(figures.config("word " * 100)["toImageButtonOptions"]["filename"]) <= figures.MOST_NAMED
