"""Which fields describe how an image of the Earth was taken and processed: eo, sar, sat, view, processing.

Source: https://github.com/stac-extensions/eo (v2.0.0), https://github.com/stac-extensions/sar (v1.3.0),
https://github.com/stac-extensions/sat (v1.2.0), https://github.com/stac-extensions/view (v1.1.0),
https://github.com/stac-extensions/processing (v1.2.0)
"""

from typing import Any, Final

from stac_ext.extensions.checks import choice, entries, line, moment, number, prose, record, table, whole
from stac_ext.extensions.model import Extension, published
from stac_ext.ml.values import bounded

# fmt: off
COMMON_NAMES: Final = (
    "pan", "coastal", "blue", "green", "green05", "yellow", "red", "rededge", "rededge071", "rededge075", "rededge078",
    "nir", "nir08", "nir09", "cirrus", "swir16", "swir22", "lwir", "lwir11", "lwir12",
)
# fmt: on
_POLARIZATION = choice("HH", "VV", "HV", "VH", "LH", "LV", "RH", "RV", "CH", "CV")

EO: Final = Extension(
    "eo",
    published("eo", "2.0.0"),
    {
        "cloud_cover": number(0, 100),
        "snow_cover": number(0, 100),
        "common_name": choice(*COMMON_NAMES),
        "center_wavelength": number(above=0),
        "full_width_half_max": number(above=0),
        "solar_illumination": number(0),
    },
)

SAR: Final = Extension(
    "sar",
    published("sar", "1.3.0"),
    {
        "instrument_mode": line,
        "frequency_band": choice("P", "L", "S", "C", "X", "Ku", "K", "Ka"),
        "center_frequency": number(above=0),
        "bandwidth": number(above=0),
        "polarizations": entries(_POLARIZATION, least=1, unique=True),
        "product_type": line,
        "resolution_range": number(0),
        "resolution_azimuth": number(0),
        "pixel_spacing_range": number(0),
        "pixel_spacing_azimuth": number(0),
        "looks_range": whole(0),
        "looks_azimuth": whole(0),
        "looks_equivalent_number": number(0),
        "observation_direction": choice("left", "right"),
        "beam_ids": entries(line),
    },
)


def _state_vectors(value: Any) -> dict[str, list[float]]:
    vectors = table(entries(number(), counts=(6, 7, 8, 9)))(value)
    return {moment(when): vector for when, vector in vectors.items()}


SAT: Final = Extension(
    "sat",
    published("sat", "1.2.0"),
    {
        "platform_international_designator": line,
        "orbit_state": choice("ascending", "descending", "geostationary", "crossing"),
        "absolute_orbit": whole(1),
        "relative_orbit": whole(1),
        "anx_datetime": moment,
        "orbit_cycle": whole(1),
        "orbit_state_vectors": _state_vectors,
        "acquisition_station": line,
    },
)

VIEW: Final = Extension(
    "view",
    published("view", "1.1.0"),
    {
        "off_nadir": number(0, 90),
        "incidence_angle": number(0, 90),
        "azimuth": number(0, 360),
        "sun_azimuth": number(0, 360),
        "sun_elevation": number(-90, 90),
        "moon_azimuth": number(0, 360),
        "moon_elevation": number(0, 90),
    },
)

PROCESSING: Final = Extension(
    "processing",
    published("processing", "1.2.0"),
    {
        "expression": record({"format": line, "expression": bounded}),
        "lineage": prose,
        "level": line,
        "facility": line,
        "version": line,
        "datetime": moment,
        "software": table(line),
    },
)
