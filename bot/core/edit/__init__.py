"""Lossless editing of a gap document: changes as values in, exact splices out. `write.edit` is the way in, `values` is what it speaks."""

from bot.core.edit.check import patch
from bot.core.edit.values import (
    AddGap,
    CannotEdit,
    Change,
    Edited,
    RemoveGap,
    SetEffort,
    SetField,
    SetPriority,
    SetState,
    SetTask,
    SetTitle,
    Trace,
)
from bot.core.edit.write import edit

__all__ = [
    "AddGap",
    "CannotEdit",
    "Change",
    "Edited",
    "RemoveGap",
    "SetEffort",
    "SetField",
    "SetPriority",
    "SetState",
    "SetTask",
    "SetTitle",
    "Trace",
    "edit",
    "patch",
]
