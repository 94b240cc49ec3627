"""The spreadsheet that comes with the app."""

from pathlib import Path


def sample_path() -> Path:
    """Some 200 product reviews with date, product, region, rating, text and label."""
    return Path(__file__).resolve().parents[2] / "sample" / "product_reviews.csv"
