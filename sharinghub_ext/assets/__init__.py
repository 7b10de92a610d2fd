"""Files, archives and packages of projects: read from GitLab with the caller's own right, and passed on."""
