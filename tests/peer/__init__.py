"""An independent GitHub to test against: the npm package `emulate` behind a proxy that repairs, completes, records and breaks it.

    bot ──HTTP──▶ proxy ──▶ emulate          emulate ──webhook──▶ proxy (relay) ──signed delivery──▶ bot

`install` brings the npm packages, `emulator` runs the Node process, `seed` says what it knows at first, `proxy` stands before its
API and `relay` before its webhooks, `repairs` completes its JSON, `extras` adds what it lacks, `faults` breaks calls, `records`
is what was seen, `oracle` compares it with GitHub's own schemas, `peer` is all of it as tests hold it. What the proxy adds is
ours: checked against schemas, but no independent evidence of GitHub's behaviour.
"""
