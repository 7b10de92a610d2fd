"""STAC and SQL: building items, searching them, and who may see which. No GitLab client, no HTTP, no login in here."""
