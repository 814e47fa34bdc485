"""Command line (wiring)."""
