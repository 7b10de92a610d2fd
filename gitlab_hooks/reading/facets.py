"""Which parts of a project may be shown as widely as its code; the others are left out, and it is said so.

A part for members only is as wide as the code of a private project, because nobody else reads that; and as wide as a
members-only repository if Guests may use it, which packages and images ask Reporters for. An anonymous reader is shown
no levels, and whatever it can read is public.
Source: https://docs.gitlab.com/user/public_access/, https://docs.gitlab.com/api/projects/ (`…_access_level`)
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from gitlab_hooks.gateway.pulse import IMAGES, MODELS, PACKAGES, RELEASES, Pulse
from stac_ext.model import OmittedFacet

_ATTRIBUTES: Final = {
    RELEASES: "releases_access_level",
    PACKAGES: "package_registry_access_level",
    IMAGES: "container_registry_access_level",
    MODELS: "model_registry_access_level",
}
_FOR_GUESTS: Final = (RELEASES, MODELS)
_NOT_STATED: Final = "not stated"


@dataclass(frozen=True, slots=True)
class Facets:
    """The parts to ask for (`used`), and the level of each among them that is narrower than the code."""

    used: frozenset[str]
    narrower: dict[str, str]

    def shown(self, pulse: Pulse) -> Pulse:
        """A pulse without what is left out."""
        if MODELS in self.narrower:  # packages of models are read by the registry's level, too
            pulse = replace(pulse, packages=tuple(one for one in pulse.packages if one.kind != "ml_model"))
        if PACKAGES in self.narrower:
            pulse = replace(pulse, packages_size=None, models=tuple(replace(one, package=None) for one in pulse.models))
        return replace(
            pulse,
            releases=() if RELEASES in self.narrower else pulse.releases,
            packages=() if PACKAGES in self.narrower else pulse.packages,
            images=() if IMAGES in self.narrower else pulse.images,
            models=() if MODELS in self.narrower else pulse.models,
        )

    def omitted(self, pulse: Pulse) -> tuple[OmittedFacet, ...]:
        """The parts that are left out although there is something in them."""
        return tuple(OmittedFacet(part, level) for part, level in sorted(self.narrower.items()) if getattr(pulse, part))


def facets_of(project: dict[str, Any], *, anonymous: bool) -> Facets:
    """Judge the levels that GitLab states for a project; one that is not stated counts as the narrowest."""
    if anonymous:
        return Facets(frozenset(_ATTRIBUTES), {})
    levels = {part: str(project.get(name) or _NOT_STATED) for part, name in _ATTRIBUTES.items()}
    used = {part: level for part, level in levels.items() if level != "disabled"}
    return Facets(frozenset(used), {part: level for part, level in used.items() if not _as_wide(part, level, project)})


def _as_wide(part: str, level: str, project: dict[str, Any]) -> bool:
    if level in ("enabled", "public") or project.get("visibility") == "private":
        return True
    return level == "private" and project.get("repository_access_level") == "private" and part in _FOR_GUESTS
