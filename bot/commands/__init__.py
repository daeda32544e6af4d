"""What people can say in a comment: each verb with its words, who may use it, and the pure function that turns it into deeds.

`bot.core.command` finds the commands in a comment, `bot.jobs.comment` carries the deeds out. Nothing here reads or writes anything.
"""
