"""Turns messages into trusted facts: receive → decode → validate → batch → write; `pipeline` states the order, once."""
