"""What people and machines wrote down around an incident: change logs and user reports."""
