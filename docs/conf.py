"""Sphinx configuration."""

import posehub

project = "posehub"
author = "the posehub authors"
copyright = "the posehub authors"
version = release = posehub.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_click",
]
myst_heading_anchors = 3
nitpicky = False
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_preserve_defaults = True
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"posehub {version}"
