"""Missing tags written into calls, in the field that the provider itself has for them.

`plan` says what would change and why the rest is left; `files.write` alone touches a disk.
"""

from __future__ import annotations

from llmaudit.fix.plan import Change, Left, Plan, plan

__all__ = ["Change", "Left", "Plan", "plan"]
