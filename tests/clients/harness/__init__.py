"""Runs client libraries that others wrote against a Heliograph server. Entry point: ../run.py."""
