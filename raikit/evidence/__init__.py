"""What a notebook states: findings, limits, notes, decisions, provenance, the record."""
