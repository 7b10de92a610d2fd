"""What the catalogue would make of one project, and what is wrong with it: from a checkout, or from GitLab."""
