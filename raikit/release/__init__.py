"""Release file, plan, run, gate."""
