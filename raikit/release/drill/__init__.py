"""Drills: a fault is put into real data, its truth is sealed, and the incident page is scored afterwards."""
