# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create the missing users among those named in a file, one name per line, with jh-client.

It uses the best way that jh-client offers: it reads first, as everything that can be run twice
must, and creates all missing users in one request. ``users_get`` returns one page, so the pages are
counted here.
"""

import contextlib
import os
import pathlib
import sys

from jh_client.api.default_api import DefaultApi
from jh_client.api_client import ApiClient
from jh_client.configuration import Configuration
from jh_client.exceptions import NotFoundException
from jh_client.models.users_post_request import UsersPostRequest

PAGE = 200

names = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split()
configuration = Configuration(
    host=f"{os.environ['JUPYTERHUB_API_URL']}hub/api",
    access_token=os.environ["JUPYTERHUB_API_TOKEN"],
)
with ApiClient(configuration) as client:
    api = DefaultApi(client)
    found = set()
    if len(names) == 1:
        with contextlib.suppress(NotFoundException):
            found.add(api.users_name_get(names[0]).name)
    else:
        offset = 0
        while True:
            page = api.users_get(offset=offset, limit=PAGE)
            found.update(user.name for user in page)
            if len(page) < PAGE:
                break
            offset += PAGE
    missing = [name for name in names if name not in found]
    if missing:
        api.users_post(UsersPostRequest(usernames=missing, admin=False))
print(f"{len(missing)} created")
