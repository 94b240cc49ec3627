"""Texts to write."""
