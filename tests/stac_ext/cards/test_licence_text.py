"""That a licence file is known by its tag, its title or its phrases, and undecided where it says several things."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stac_ext.cards.licence_text import LicenceText, licence_texts, recognise
from stac_ext.items.licence_names import understand
from stac_ext.model import FileText

MIT = """MIT License

Copyright (c) 2024 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction.

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS".
"""
BSD = """Copyright (c) 2024, Somebody

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:
"""
ENDORSE = "3. Neither the name of X may be used to endorse or promote products."
ADVERTISE = "3. All advertising materials mentioning features or use of this software must display:"
ISC = (
    "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee "
    "is hereby granted"
)
SHARED_NOTICE = ", provided that the above copyright notice and this permission notice appear in all copies."
GNU = "under the terms of the GNU {}General Public License as published by the Free Software Foundation, "


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        (MIT, "MIT"),
        (MIT.replace("\n", "\r\n"), "MIT"),
        (f"# The MIT License\n\n> {MIT}", "MIT"),
        ("MIT No Attribution\n\nPermission is hereby granted, free of charge, to any person", "MIT-0"),
        (BSD, "BSD-2-Clause"),
        (BSD + ENDORSE, "BSD-3-Clause"),
        (BSD + ADVERTISE + ENDORSE, "BSD-4-Clause"),
        (f"Zope Public License (ZPL) Version 2.1\n{BSD}{ENDORSE}", "ZPL-2.1"),
        (ISC + SHARED_NOTICE, "ISC"),
        ((ISC + SHARED_NOTICE).replace("and/or", "and"), "ISC"),
        (f"{ISC}.", "0BSD"),
        ("  Apache License\n Version 2.0, January 2004\n http://www.apache.org/licenses/\n", "Apache-2.0"),
        ('Copyright X\n\nLicensed under the Apache License, Version 2.0 (the "License")', "Apache-2.0"),
        ("GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007", "GPL-3.0-only"),
        ("GNU GENERAL PUBLIC LICENSE\n Version 2, June 1991", "GPL-2.0-only"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007", "AGPL-3.0-only"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007", "LGPL-3.0-only"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1, February 1999", "LGPL-2.1-only"),
        (GNU.format("") + "either version 3 of the License, or (at your option) any later version", "GPL-3.0-or-later"),
        (GNU.format("Lesser ") + "version 2.1 of the License.", "LGPL-2.1-only"),
        (GNU.format("Affero ") + "either version 3 of the License.", "AGPL-3.0-only"),
        ("Mozilla Public License Version 2.0\n=====", "MPL-2.0"),
        ("Eclipse Public License - v 2.0", "EPL-2.0"),
        ("EUROPEAN UNION PUBLIC LICENCE v. 1.2\nEUPL © the European Union 2007, 2016", "EUPL-1.2"),
        ("CeCILL-B FREE SOFTWARE LICENSE AGREEMENT", "CECILL-B"),
        ("CeCILL FREE SOFTWARE LICENSE AGREEMENT\n\nVersion 2.1 dated 2013-06-21", "CECILL-2.1"),
        ("Boost Software License - Version 1.0 - August 17th, 2003", "BSL-1.0"),
        ("This is free and unencumbered software released into the public domain.", "Unlicense"),
        ("DO WHAT THE FUCK YOU WANT TO PUBLIC LICENSE\nVersion 2", "WTFPL"),
        ("Attribution 4.0 International\n\n=====\nCreative Commons Corporation", "CC-BY-4.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 International Public License", "CC-BY-SA-4.0"),
        ("Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0"),
        ("Attribution-NonCommercial-NoDerivatives 4.0 International", "CC-BY-NC-ND-4.0"),
        ("Attribution-NonCommercial-ShareAlike 3.0 Unported", "CC-BY-NC-SA-3.0"),
        ("Creative Commons Legal Code\n\nCC0 1.0 Universal", "CC0-1.0"),
        ("ODC Open Database License (ODbL)", "ODbL-1.0"),
        ("Open Data Commons Public Domain Dedication and License (PDDL)", "PDDL-1.0"),
        ("Community Data License Agreement – Permissive – Version 2.0", "CDLA-Permissive-2.0"),
        ("LICENCE OUVERTE / OPEN LICENCE\nVersion 2.0", "etalab-2.0"),
        ("SIL OPEN FONT LICENSE Version 1.1 - 26 February 2007", "OFL-1.1"),
        ("SPDX-License-Identifier: MIT OR Apache-2.0\n\nanything", "MIT OR Apache-2.0"),
        ("/* SPDX-License-Identifier: gpl-2.0-only */", "GPL-2.0-only"),
        ("// SPDX-License-Identifier: eupl-1.2", "EUPL-1.2"),
    ],
)
def test_well_known_texts(text: str, expression: str) -> None:
    found = recognise("LICENSE", text)
    assert (found.expression, found.name) == (expression, None)
    assert understand(expression) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "All rights reserved.",
        "This project is free for all.",
        "We once used the MIT License.",
        MIT + BSD,
        MIT + "\n" * 100 + f"{ISC}.",
        "Apache License\nVersion 2.0, January 2004\n\nor\n\n" + MIT,
        "x " * 5_000 + "SPDX-License-Identifier: MIT",
        "x " * 5_000 + "Mozilla Public License Version 2.0",
        "SPDX-License-Identifier: Nonsense-1.0",
        "GNU GENERAL PUBLIC LICENSE Version 2, June 1991.\nIn addition to the permissions in the GNU General Public",
    ],
)
def test_what_is_not_sure_is_left_undecided(text: str) -> None:
    assert recognise("LICENSE", text) == LicenceText("LICENSE")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("LLAMA 2 COMMUNITY LICENSE AGREEMENT\nJuly 18, 2023", "Llama 2 Community License"),
        ("META LLAMA 3 COMMUNITY LICENSE AGREEMENT", "Llama 3 Community License"),
        ("CreativeML Open RAIL-M\ndated August 22, 2022", "CreativeML OpenRAIL-M"),
        ("Gemma Terms of Use", "Gemma Terms of Use"),
    ],
)
def test_licences_of_models_that_spdx_does_not_list_have_names(text: str, name: str) -> None:
    assert recognise("LICENSE", text) == LicenceText("LICENSE", name=name)


def test_the_line_of_a_tag_is_kept() -> None:
    assert recognise("LICENSE", "one\n\n# SPDX-License-Identifier: MIT") == LicenceText("LICENSE", "MIT", line=3)


def test_licence_files_are_those_in_the_root() -> None:
    texts = {
        path: FileText(MIT.encode()) for path in ("LICENSE", "COPYING.md", "licence.txt", "sub/LICENSE", "README.md")
    }
    assert [found.path for found in licence_texts(texts)] == ["COPYING.md", "LICENSE", "licence.txt"]
    wide = licence_texts({"LICENSE": FileText(MIT.encode("utf-16"))})
    assert wide[0].expression == "MIT"


@pytest.mark.parametrize(
    "name", ["Apache-2.0", "GPL-2", "GPL-3", "LGPL-2.1", "LGPL-3", "MPL-2.0", "CC0-1.0", "GFDL-1.3"]
)
def test_whole_texts(name: str) -> None:
    """The texts as distributions ship them, where the machine has them."""
    path = Path("/usr/share/common-licenses") / name
    if not path.is_file():
        pytest.skip("needs the licence texts that Debian installs")
    expression = recognise("LICENSE", path.read_text("utf-8", "replace")).expression
    assert expression is not None
    assert expression.startswith(name)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    parts=st.lists(
        st.sampled_from([MIT, BSD, ISC, "SPDX-License-Identifier: ", "Attribution 4.0 International", "(", "GNU "])
        | st.text(max_size=30),
        max_size=6,
    )
)
def test_any_text_gives_an_expression_or_nothing(parts: list[str]) -> None:
    found = recognise("LICENSE", "".join(parts))
    assert found.expression is None or understand(found.expression) is not None
