"""Decides, by hand and from GitLab's documentation, who may download the code of which tagged sample project.

Nothing here is computed from roles: it is what other parts are held against.

What a project is open to, first by visibility:

* PUBLIC, 11 projects: everybody, signed in or not, whatever the role. Archived and empty ones too.
* INTERNAL, 5 projects: every active account that is not external, member or not.
* private, 6 projects: Reporter and above, or a custom role that reads code; a Guest sees the project, not its code.
* members only, 1 public project whose repository is for members: any member, Guest included, because a Guest falls
  short of code in private projects only.

Then by person (y: may download the code). The private projects are 1 vessel-detection-sar, 2 sentinel1-vessels,
3 harmful-algal-blooms, 4 burned-area-mapping, 5 damage-polygons, 6 paddy-rice-phenology; the members-only one is
7 embargoed-field-campaign.

    person           PUBLIC INTERNAL  1 2 3 4 5 6  7  why
    anonymous          y       -      - - - - - -  -  no account
    root, by rules     y       y      y y y y y y  y  administrator
    root, as member    y       y      y y - - - -  y  Owner of earth
    maya               y       y      y y - - - -  y  Maintainer of earth
    rita               y       y      y - - - y y  -  Reporter of earth/models and of 5, owner of 6
    gus                y       y      - - - - - -  y  Guest of earth
    cora               y       y      - y - - - -  y  Guest of earth/datasets by a custom role that reads code
    dan                y       y      - - - y y -  -  Developer of crisis
    noor               y       y      - - y - - -  -  Developer of ocean
    pia                y       y      - - - y - -  -  her group is invited to 4 as Reporter, to ocean as Guest
    otto               y       y      - - - - - -  -  Reporter of crisis until the end of 2022
    exa                y       -      y - - - - -  -  external user, Reporter of 1
    olga               y       y      - - - - - -  -  no membership
    boris              -       -      - - - - - -  -  blocked: his token is refused
    sharinghub-bot     y       y      y y y y y y  y  Reporter of earth, ocean, crisis and 6

Sources: https://docs.gitlab.com/user/permissions/, https://docs.gitlab.com/user/public_access/,
https://docs.gitlab.com/administration/external_users/ and
https://docs.gitlab.com/user/project/members/sharing_projects_groups/.
"""

from __future__ import annotations

ANONYMOUS = "anonymous"

VESSEL_DETECTION = "earth/models/vessel-detection-sar"
SENTINEL1_VESSELS = "earth/datasets/sentinel1-vessels"
ALGAL_BLOOMS = "ocean/harmful-algal-blooms"
BURNED_AREA = "crisis/burned-area-mapping"
DAMAGE_POLYGONS = "crisis/damage-polygons"
PADDY_RICE = "rita/paddy-rice-phenology"
EMBARGOED = "earth/datasets/embargoed-field-campaign"

PUBLIC = frozenset(
    {
        "earth/models/flood-segmentation-unet",
        "earth/models/cloud-mask-onnx",
        "earth/models/soil-moisture-lstm",
        "earth/models/super-resolution-sen2",
        "earth/models/methane-plume-detector",
        "earth/models/land-cover-2019-legacy",
        "earth/models/canopy-height",
        "earth/datasets/flood-tiles-garonne",
        "earth/datasets/sentinel2-chips",
        "earth/datasets/hangrutschungen-alpen",
        "rita/urban-heat-island",
    }
)
INTERNAL = frozenset(
    {
        "earth/models/crop-type-random-forest",
        "earth/datasets/river-gauges",
        "ocean/sea-ice-concentration",
        "ocean/wave-height-emulator",
        "ocean/sea-surface-temperature-med",
    }
)
EVERY_ACCOUNT = PUBLIC | INTERNAL

# An administrator reads everything by GitLab's rules; the catalogue may count only what membership would give.
ADMIN_BY_RULES = EVERY_ACCOUNT | {
    VESSEL_DETECTION,
    SENTINEL1_VESSELS,
    ALGAL_BLOOMS,
    BURNED_AREA,
    DAMAGE_POLYGONS,
    PADDY_RICE,
    EMBARGOED,
}
ADMIN_BY_MEMBERSHIP = EVERY_ACCOUNT | {VESSEL_DETECTION, SENTINEL1_VESSELS, EMBARGOED}

EXPECTED_CODE_ACCESS: dict[str, frozenset[str]] = {
    ANONYMOUS: PUBLIC,
    "root": ADMIN_BY_RULES,
    "maya": EVERY_ACCOUNT | {VESSEL_DETECTION, SENTINEL1_VESSELS, EMBARGOED},
    "rita": EVERY_ACCOUNT | {VESSEL_DETECTION, DAMAGE_POLYGONS, PADDY_RICE},
    "gus": EVERY_ACCOUNT | {EMBARGOED},
    "cora": EVERY_ACCOUNT | {SENTINEL1_VESSELS, EMBARGOED},
    "dan": EVERY_ACCOUNT | {BURNED_AREA, DAMAGE_POLYGONS},
    "noor": EVERY_ACCOUNT | {ALGAL_BLOOMS},
    "pia": EVERY_ACCOUNT | {BURNED_AREA},
    "otto": EVERY_ACCOUNT,
    "exa": PUBLIC | {VESSEL_DETECTION},
    "olga": EVERY_ACCOUNT,
    "boris": frozenset(),
    "sharinghub-bot": EVERY_ACCOUNT
    | {VESSEL_DETECTION, SENTINEL1_VESSELS, ALGAL_BLOOMS, BURNED_AREA, DAMAGE_POLYGONS, PADDY_RICE, EMBARGOED},
}
