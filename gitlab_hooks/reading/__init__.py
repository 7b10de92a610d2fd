"""What GitLab says about one project, turned into facts or into the reason why it is not in the catalogue."""

from gitlab_hooks.reading.attributes import effective_visibility, topics_of
from gitlab_hooks.reading.project import Absent, ProjectReader, Read, Reading, Unchanged

__all__ = ["Absent", "ProjectReader", "Read", "Reading", "Unchanged", "effective_visibility", "topics_of"]
