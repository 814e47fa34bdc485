"""Signals of bad or tampered data: pure functions over windows, each finding explained in one sentence."""
