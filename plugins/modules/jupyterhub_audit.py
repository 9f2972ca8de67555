#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_audit
short_description: Find what is wrong with a JupyterHub, and write a page with tasks that fix it
version_added: 0.1.0
description:
  - Reads a JupyterHub and reports what is wrong with it, as findings with their evidence and with
    tasks that fix them. It only reads, in check mode or not.
  - O(policy) sets what is right. What the policy does not mention is shown but not judged. What the
    token may not see is reported as not assessed, with the scope that it would need.
  - Reports are written on the controller, as a page (HTML), Markdown, JSON, CSV, metrics for
    Prometheus, or a file of tasks.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._declared
  - hubops.jupyterhub._attributes.info
  - hubops.jupyterhub._attributes.actiongroup
notes:
  - An auditor needs the scopes C(read:hub), C(list:users), C(read:users), C(read:servers),
    C(read:tokens), C(read:roles), C(list:groups), C(read:groups), C(list:services) and
    C(read:services), and since JupyterHub 5.0 C(read:shares). With fewer scopes, it assesses less.
  - Tokens, shares and share codes take a request for each user. O(tokens) and O(skip) limit them on
    a large hub.
  - Tokens of logins and of running servers, and the token that the audit uses, are never findings.
  - Findings of severity critical and high, and those about idle and pending servers, are read a
    second time before they are reported.
  - What the REST API does not show is not assessed. This includes the scopes of roles, who may log
    in, how long browser sessions last, and who has used what and when.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_audit
    description: The page, the policy, nightly runs, and all checks.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_check_mode
    description: What check mode predicts, and how to audit with it.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_fleets
    description: One inventory host for each hub.
options:
  policy:
    description:
      - The intended state of the hub. Lists contain names or patterns such as V(svc-*). Durations
        are seconds, or a number with a unit, such as V(90d).
      - What is not set is shown but not judged.
    type: dict
    version_added: 0.1.0
    suboptions:
      admins:
        description: Users who may be admins (ADM-1, ADM-6).
        type: list
        elements: str
        version_added: 0.1.0
      admin_services:
        description: Services that may be admins (SVC-1).
        type: list
        elements: str
        version_added: 0.1.0
      services:
        description: Services that may exist (SVC-2, SVC-3).
        type: list
        elements: str
        version_added: 0.1.0
      group_roles:
        description: "The roles that groups may have, as a list for each group, such as C({staff:
          [course-staff]}) (ADM-5)."
        type: dict
        version_added: 0.1.0
      people:
        description: Users who should be on the hub, together with O(policy.admins) and
          O(policy.service_accounts) (USR-4, TOK-5, SHR-1, SRV-5).
        type: list
        elements: str
        version_added: 0.1.0
      profiles:
        description: Profiles that servers may have, as C(user_options.profile) (SRV-4).
        type: list
        elements: str
        version_added: 0.1.0
      service_accounts:
        description: Users who are not people. They may be idle, and may have roles.
        type: list
        elements: str
        version_added: 0.1.0
      groups_ok:
        description: Groups that may be empty (GRP-1).
        type: list
        elements: str
        version_added: 0.1.0
      share_ok:
        description: Shares that are acceptable, as owner and guest, such as V(ada/tutors) or
          V(*/tutors) (SHR-1).
        type: list
        elements: str
        version_added: 0.1.0
      max_admins:
        description: How many admins there may be (ADM-4).
        type: int
        version_added: 0.1.0
      stopped_servers:
        description: How many stopped named servers a user may keep (SRV-6).
        type: int
        version_added: 0.1.0
      code_uses:
        description: How often a share code may be used (SHR-3).
        type: int
        version_added: 0.1.0
      token_max_age:
        description: How old a token may become (TOK-6).
        type: str
        version_added: 0.1.0
      token_unused:
        description: How long a token may stay unused (TOK-4).
        type: str
        version_added: 0.1.0
      user_idle:
        description: How long a user may be inactive (ADM-3, USR-3, and owners of shares SHR-2).
        type: str
        version_added: 0.1.0
      never_active:
        description: How long a new user may exist without being active (USR-2).
        type: str
        version_added: 0.1.0
      server_max_age:
        description: How long a server may run (SRV-1).
        type: str
        version_added: 0.1.0
      server_idle:
        description: How long a server may be idle (SRV-2).
        type: str
        version_added: 0.1.0
      share_max_age:
        description: How long a share may last (SHR-2).
        type: str
        version_added: 0.1.0
      renew_before:
        description: How much lifetime a token of M(hubops.jupyterhub.jupyterhub_token) must have
          left (TOK-7).
        type: str
        version_added: 0.1.0
      normalize:
        description: How the hub stores the names of users. With V(none) it preserves their case
          (USR-1).
        type: str
        choices: [lower, none]
        default: lower
        version_added: 0.1.0
      environment:
        description: With V(staging), an authenticator or a spawner meant for tests is a less severe
          finding (HUB-2, HUB-3).
        type: str
        choices: [production, staging]
        default: production
        version_added: 0.1.0
  ignore:
    description:
      - Findings that are acceptable. They are reported as RV(ignored).
      - An item that matches nothing, or whose C(until) has passed, is itself a finding.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      check:
        description: The id of the check, such as V(TOK-1).
        type: str
        required: true
        version_added: 0.1.0
      subject:
        description: What the finding is about, in the form of RV(findings), or a pattern. Without
          it, the whole check is ignored.
        type: str
        version_added: 0.1.0
      reason:
        description: Why it is acceptable.
        type: str
        required: true
        version_added: 0.1.0
      until:
        description: The last day on which it is acceptable, such as V(2027-03-31).
        type: str
        version_added: 0.1.0
  checks:
    description: The checks to make, as ids or as patterns such as V(TOK-*). If it is not set, all
      checks are made.
    type: list
    elements: str
    version_added: 0.1.0
  skip:
    description: The checks to leave out, as ids or as patterns such as V(SHR-*).
    type: list
    elements: str
    version_added: 0.1.0
  tokens:
    description:
      - Whose tokens to read, with one request for each user.
      - V(powerful_owners) are admins, users with their own roles, members of groups with roles, and
        users who are not in O(policy.people).
    type: str
    choices: [all, powerful_owners, none]
    default: powerful_owners
    version_added: 0.1.0
  pseudonyms:
    description:
      - Replace the names of users, groups, servers and tokens by pseudonyms, in the result and in
        the reports.
      - They are calculated with the audit's token, and stay the same as long as that token does.
    type: bool
    default: false
    version_added: 0.1.0
  baseline:
    description:
      - The path of the JSON report of an earlier audit, on the controller, or that report itself.
        It is used to mark what is new, and to fill RV(gone). The report of another hub is refused.
      - A file that does not exist means that there is no earlier report. The file can be one of
        O(reports), because it is read before they are written.
    type: str
    version_added: 0.1.0
  reports:
    description:
      - Files to write on the controller. The ending selects the format, which is C(.html), C(.md),
        C(.json), C(.csv), C(.prom) or C(.yml). V(fixes.yml) contains the tasks that would fix the
        findings.
      - A relative path starts in the directory where C(ansible-playbook) was started. The folder
        must exist. Only their owner can read the files. An earlier report is replaced; any other
        file is refused, unless it is empty.
      - They are also written in check mode, and when O(fail_on) makes the task fail.
      - When the play has several hosts, each needs its own paths, for example with
        C(inventory_hostname) in them. A host whose path another host has used already fails, and is
        not audited.
      - A task with C(async) cannot write reports, and is refused.
    type: list
    elements: str
    version_added: 0.1.0
  fail_on:
    description: Fail if there is a finding of this severity or higher, after the reports are
      written.
    type: str
    choices: [never, low, medium, high, critical]
    default: never
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: What is wrong with the hub, as a page
  hubops.jupyterhub.jupyterhub_audit:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/audit-token
    reports: [audit.html]

- name: The audit of every night
  hubops.jupyterhub.jupyterhub_audit:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/audit-token
    policy:
      environment: production
      admins: [ada, grace]
      admin_services: [provisioner]
      people: [ada, grace, linus]
      token_unused: 90d
      server_max_age: 7d
    ignore:
      - check: TOK-1
        subject: ada/nightly export
        reason: It is rotated by hand each term.
        until: "2027-03-31"
    baseline: audit.json
    reports: [audit.html, audit.json]
    fail_on: critical

- name: What differs from what is declared, with a token that can only read
  hubops.jupyterhub.jupyterhub_audit:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/audit-token
    checks: [DRF-*]
    declared:
      users:
        - name: ada
          admin: true
        - name: linus
      groups:
        - name: CS101
          users: [linus]

- name: Quickly, on a large hub
  hubops.jupyterhub.jupyterhub_audit:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/audit-token
    tokens: none
    skip: [SHR-*]
  register: audit

- name: Show what is urgent
  ansible.builtin.debug:
    msg: "{{ audit.findings | selectattr('severity', 'in', ['critical', 'high']) |
      map(attribute='title') | list }}"
"""

RETURN = r"""
findings:
  description: What is wrong, the worst first. All objects with the same fault are one finding.
  returned: success, and failure by O(fail_on)
  type: list
  elements: dict
  contains:
    id:
      description: The check and the severity.
      type: str
      sample: TOK-1/high
    check:
      description: The id of the check.
      type: str
      sample: TOK-1
    severity:
      description: V(critical), V(high), V(medium), V(low) or V(info).
      type: str
      sample: high
    title:
      description: What is wrong.
      type: str
      sample: A powerful token never expires
    subjects:
      description: What it is about.
      type: list
      elements: str
      sample: [ada/nightly export]
    evidence:
      description: What was seen of each of RV(findings[].subjects), in the same order.
      type: list
      elements: str
      sample: ["admin:users, created 3 March 2026, last used: never"]
    why:
      description: Why it matters.
      type: str
      sample: Anyone who finds such a token keeps its power over others forever.
    source:
      description: Where it was seen.
      type: str
      sample: GET /users/{name}/tokens
    fix:
      description: Tasks of this collection that fix it. Empty if none can.
      type: list
      elements: dict
      sample: [{name: Revoke tokens, hubops.jupyterhub.jupyterhub_token: {state: absent, tokens:
        [{user: ada, token_id: a12}]}}]
    by_hand:
      description: What must be done or considered by hand.
      type: str
      sample: Ask their owners for tokens that expire.
    status:
      description: V(new), or V(still) if O(baseline) already has some of it.
      type: str
      sample: new
    new_subjects:
      description: Those of RV(findings[].subjects) that O(baseline) does not have.
      type: list
      elements: str
      sample: [ada/nightly export]
    since:
      description: When it was first reported, as far as O(baseline) shows.
      type: str
      sample: "2026-11-25T06:00:00Z"
figures:
  description: What the charts of the page show. Null if it was not read.
  returned: success, and failure by O(fail_on)
  type: dict
  contains:
    users:
      description: The users.
      type: int
      sample: 1204
    admins:
      description: The admins among them.
      type: int
      sample: 3
    groups:
      description: The groups.
      type: int
      sample: 41
    services:
      description: The services.
      type: int
      sample: 4
    servers_running:
      description: The servers that run.
      type: int
      sample: 87
    tokens:
      description: The tokens that were read, without those of logins and servers.
      type: int
      sample: 212
    tokens_never_expire:
      description: Those of them that never expire.
      type: int
      sample: 31
    token_owners:
      description: The users whose tokens were read.
      type: int
      sample: 12
    shares:
      description: The shares.
      type: int
      sample: 18
    token_ages:
      description: How many tokens are how old.
      type: list
      elements: dict
      contains:
        label:
          description: What is counted.
          type: str
          sample: 30 days
        count:
          description: How many.
          type: int
          sample: 96
    user_activity:
      description: How many users were last active when.
      type: list
      elements: dict
      contains:
        label:
          description: What is counted.
          type: str
          sample: 30 days
        count:
          description: How many.
          type: int
          sample: 96
    server_times:
      description: How many servers have been running for how long.
      type: list
      elements: dict
      contains:
        label:
          description: What is counted.
          type: str
          sample: 30 days
        count:
          description: How many.
          type: int
          sample: 96
    listed:
      description: What exists and is not judged, because O(policy) does not mention it.
      type: list
      elements: dict
      sample: [{check: ADM-1, title: 2 admins, subjects: [ada, grace]}]
gone:
  description: What O(baseline) has and the hub no longer has. It never contains what was not
    assessed.
  returned: success, and failure by O(fail_on)
  type: list
  elements: dict
  sample: [{id: SVC-1/high, check: SVC-1, severity: high, title: A service is an admin and is not on
    the list, subjects: [old-culler]}]
ignored:
  description: What O(ignore) has removed from the findings.
  returned: success, and failure by O(fail_on)
  type: list
  elements: dict
  sample: [{check: TOK-1, subjects: [ada/nightly export], reason: It is rotated by hand each term.,
    until: "2027-03-31"}]
not_assessed:
  description: Checks that were not made, or not on everything, and the scope that they need.
  returned: success, and failure by O(fail_on)
  type: list
  elements: dict
  sample: [{check: SHR-1, reason: The caller lacks the scope read:shares., scope: "read:shares"}]
summary:
  description: How many findings there are of each severity.
  returned: success, and failure by O(fail_on)
  type: dict
  sample: {critical: 0, high: 1, medium: 0, low: 2, info: 0}
baseline:
  description: The earlier report. Null without one.
  returned: success, and failure by O(fail_on)
  type: dict
  sample: {path: audit.json, read_at: "2026-11-18T06:00:00Z"}
hub:
  description: Which hub was read, when (by the hub's clock), and by whom.
  returned: success, and failure by O(fail_on)
  type: dict
  contains:
    url:
      description: The address, as it is given.
      type: str
      sample: https://hub.example.org
    version:
      description: The version of JupyterHub.
      type: str
      sample: 6.1.1
    read_at:
      description: When it was read.
      type: str
      sample: "2026-11-25T06:00:00Z"
    caller:
      description: Whose token was used, its scopes, and whether it can write.
      type: dict
      sample: {kind: service, name: auditor, scopes: ["list:users", "read:users"], can_write: false}
reports:
  description: The paths of the reports that were written, on the controller.
  returned: when O(reports) is set and the hub was read
  type: list
  elements: str
  sample: [/srv/audits/audit.html]
# BEGIN traffic
hub_version:
  description: The version of the hub.
  returned: when the hub has answered
  type: str
  sample: 6.1.1
requests:
  description: How many HTTP requests were sent.
  returned: always
  type: int
  sample: 7
retries:
  description: How many of the requests were repeats.
  returned: always
  type: int
  sample: 0
scopes_used:
  description:
    - The smallest set of scopes, without filters, with which the task can do what it did, or
      would have done without check mode.
    - Empty when no request was sent to the hub.
  returned: always
  type: list
  elements: str
  sample: ['admin:users']
# END traffic
# BEGIN failure
status:
  description: The HTTP status of the hub's answer.
  returned: failure, when the hub refused a request
  type: int
  sample: 403
method:
  description: The method of the request that failed.
  returned: failure, when a request failed
  type: str
  sample: PATCH
path:
  description: The path of the request that failed, below the root of the API.
  returned: failure, when a request failed
  type: str
  sample: /users/ada
hub_message:
  description: The hub's own message.
  returned: failure, when the hub sent one
  type: str
  sample: Only admins can grant admin permissions
missing_scopes:
  description: The scopes that the token lacks.
  returned: failure, when scopes are missing
  type: list
  elements: str
  sample: ['admin:users']
load_roles:
  description: A piece of the hub's configuration that grants the missing scopes.
  returned: failure, when scopes are missing
  type: str
  sample: |
    c.JupyterHub.load_roles.append(
        {'name': 'hubops-provisioner-admin-users', 'scopes': ['admin:users'],
         'services': ['provisioner']},
    )
# END failure
"""

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.audit import audit_hub
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.frame import run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import CONNECTION
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.audit import AUDIT

SPEC = AUDIT.merge(CONNECTION)


def main() -> None:
    """Run the module."""
    run(SPEC, audit_hub)


if __name__ == "__main__":
    main()
