"""The GraphQL API: GitLab's names for a part of its schema, its rights, its pages and its limits."""
