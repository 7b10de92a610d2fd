"""Signing in on the command line: a token of GitLab by the device flow, kept on this machine and renewed when due."""
