"""The floor: what the data mean. Imports nothing of the other packages."""
