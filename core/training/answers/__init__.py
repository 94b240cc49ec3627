"""Answers that stand in a context."""
