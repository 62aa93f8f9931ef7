# SPDX-License-Identifier: Apache-2.0
"""A hook of mkdocs: files of the repository that a page links to become part of the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[2]
#: Folder of the site that such files are put into.
SOURCE = "source"
_OUTSIDE = re.compile(r"\]\(\.\./([^)#\s]+)")


def linked_outside(text: str) -> list[str]:
    """Return the paths, from the repository's root, that a page in docs/ links to outside it."""
    return _OUTSIDE.findall(text)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that are linked to; one that is not there is left to mkdocs to complain of."""
    from mkdocs.structure.files import File, InclusionLevel

    texts = [file.content_string for file in files.documentation_pages()]
    for path in sorted({path for text in texts for path in linked_outside(text)}):
        if (ROOT / path).is_file():
            content = (ROOT / path).read_text(encoding="utf-8")
            added = File.generated(config, f"{SOURCE}/{path}", content=content)
            added.inclusion = InclusionLevel.NOT_IN_NAV
            files.append(added)
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Point the links at the files as they lie in the site."""
    return _OUTSIDE.sub(lambda found: f"]({SOURCE}/{found[1]}", markdown)
