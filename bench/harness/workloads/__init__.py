# SPDX-License-Identifier: Apache-2.0
"""A module for each workload: TITLE, and run(bench), which gives tables and claims (harness/result.py)."""
