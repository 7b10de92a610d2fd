"""A stand-in for GitLab: a real HTTP server that answers as GitLab documents, for demo, tests and benchmarks."""
