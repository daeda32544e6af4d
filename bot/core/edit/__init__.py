"""Lossless editing of a gap document: changes as values in, exact splices out. `write.edit` is the way in, `values` is what it speaks."""

from bot.core.edit.check import patch
from bot.core.edit.tasks import TaskBlock, task_blocks
from bot.core.edit.values import (
    AddGap,
    CannotEdit,
    Change,
    Edited,
    MoveGap,
    RemoveGap,
    SetDepends,
    SetEffort,
    SetField,
    SetPriority,
    SetState,
    SetTask,
    SetTitle,
    TakeTasks,
    Trace,
)
from bot.core.edit.write import edit

__all__ = [
    "AddGap",
    "CannotEdit",
    "Change",
    "Edited",
    "MoveGap",
    "RemoveGap",
    "SetDepends",
    "SetEffort",
    "SetField",
    "SetPriority",
    "SetState",
    "SetTask",
    "SetTitle",
    "TakeTasks",
    "TaskBlock",
    "Trace",
    "edit",
    "patch",
    "task_blocks",
]
