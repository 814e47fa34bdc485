"""Readings → valid hour and day values, boiler efficiency, standard coal. Only windows whose readings changed."""

#: Stands in every derived row; changes when a rule of computing changes.
RULE_VERSION = "2026.2"
