"""Judges facts, looks after incidents and people."""
