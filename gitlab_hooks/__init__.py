"""What GitLab tells us: hook receiver, inbox, worker, sweep, and the clients for GitLab's API."""
