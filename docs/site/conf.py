# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx builds the site; see tests/tools/docs.py."""

project = "hubops.jupyterhub"
copyright = "2026, The hubops.jupyterhub maintainers"  # noqa: A001 - the name that Sphinx gives it
title = "hubops.jupyterhub: Ansible for JupyterHub"
html_title = title
html_short_title = "hubops.jupyterhub"

extensions = ["sphinx_antsibull_ext", "sphinx_copybutton"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True

html_theme = "sphinx_ansible_theme"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {"display_version": False, "topbar_links": {}}
html_show_sphinx = False
html_use_index = False
html_copy_source = False
# Prompts are not part of what is copied.
copybutton_prompt_text = "$ "
