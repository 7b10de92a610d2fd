"""How GitLab is asked: with the service token by python-gitlab, with a viewer's token by httpx."""
