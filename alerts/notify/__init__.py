"""Notices leave here: an outbox, and one small file per channel family."""
