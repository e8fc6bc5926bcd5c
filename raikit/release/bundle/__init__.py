"""The bundle of an incident: one zip for the commander, the lawyer and the engineer."""
