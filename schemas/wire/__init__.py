"""Payloads as devices send them. Bytes in, samples and refusals out; nothing raises."""
