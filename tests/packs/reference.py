"""Where the texts lie that the packs were made from. They are not part of the product; tests of them may be skipped."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("AUDITOR_SHARED", ROOT.parent / "shared"))
CATALOGUE = SHARED / "catalog"
ARTICLE = SHARED / "seed-000_be270bec65a81bff.txt"

needs_catalogue = pytest.mark.skipif(
    not CATALOGUE.is_dir(), reason="the catalogue the packs were made from is not here; AUDITOR_SHARED names its folder"
)
needs_article = pytest.mark.skipif(
    not ARTICLE.is_file(), reason="the article of 2018-09-24 is not here; AUDITOR_SHARED names its folder"
)
