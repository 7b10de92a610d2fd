"""A DVC remote per project: pull and push with the stock `dvc`, by the rights that GitLab states for the caller."""
