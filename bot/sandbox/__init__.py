r"""A GitHub of our own, in memory: the model, its REST API, its webhooks, and the demonstration built on them.

    world = GitHub()                                    # clock=Clock() makes every run the same, byte for byte
    world.add_user("alice")
    demo = world.add_repository("acme/demo", admins=["alice"])
    app = world.add_app("gapkeeper", public_key=pem)    # without a key, JWTs are checked for their shape only
    installation = world.install(app, "acme")

    hooks = Webhooks(world, app, "the secret", sink=to_app(bot))      # or to_url("http://127.0.0.1:8000/webhooks/github")
    api = Api(world, hooks)                             # an ASGI application; api.transport() for httpx in process

    demo.push({"KNOWN_GAPS.md": "- [ ] Retry uploads"}, by="alice", message="Write down a gap")
    await hooks.flush()                                 # send what is queued; `async with hooks.pump():` sends as it comes

    demo.issues[1].title, demo.edit_issue(1, by="alice", title="Retry all uploads"), demo.close_issue(1, by="alice")
    demo.comment(1, "/gap status", by="alice"), demo.add_labels(1, ["priority: p0"], by="alice"), demo.read("KNOWN_GAPS.md")

    hooks.policy = lambda delivery: Decision.TWICE      # DELIVER, DROP, TWICE, HOLD (then hooks.release()), REORDER
    hooks.redeliver(hooks.log[0].id)
    api.faults.append(Fault("POST", r"/issues$", status=502, after=True))
    api.calls, api.writes                               # what the bot asked, and what of it may have changed something

What GitHub refuses raises `Refusal` in the model and is the same answer over REST. People may use REST too, with the token
that `world.person_token("alice", "tok_alice")` returns. `python -m bot demo` shows all of it with the real bot.
"""

from bot.sandbox.api import Api
from bot.sandbox.faults import Call, Fault, primary_limit, secondary_limit
from bot.sandbox.github import GitHub, Repository
from bot.sandbox.model import Role
from bot.sandbox.refusal import Refusal
from bot.sandbox.webhooks import Decision, Delivery, Webhooks, signature, to_app, to_url
from bot.sandbox.world import Clock

__all__ = [
    "Api",
    "Call",
    "Clock",
    "Decision",
    "Delivery",
    "Fault",
    "GitHub",
    "Refusal",
    "Repository",
    "Role",
    "Webhooks",
    "primary_limit",
    "secondary_limit",
    "signature",
    "to_app",
    "to_url",
]
