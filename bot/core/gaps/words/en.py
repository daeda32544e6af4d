"""English words."""

from __future__ import annotations

STATES = {
    "open": """
        open, todo, to do, pending, missing, not started, not implemented, not yet implemented, not done, not yet, not
        fixed, not included, not available, not supported, not resolved, not tested, not fully tested, not fully
        implemented, not fully supported, not complete, not completed, not addressed, not working, unimplemented,
        unresolved, unsupported, unfixed, absent, planned, proposed, new, reopened, backlog, needed, required, none, no,
        stub, stubbed, placeholder, broken, failing, failed, blocked, active, known, acknowledged, confirmed, accepted for
        fix, needs work, needs fix, needs implementation, unstarted, ready, scheduled, identified, triaged, investigating,
        under investigation, needs investigation, incomplete, unassigned, queued, outstanding, remaining, documented gap,
        tbd, n a yet, design only, designed, specified
    """,
    "in_progress": """
        in progress, in development, in review, under review, under development, wip, work in progress, partial,
        partially, partially done, partially complete, partially completed, partially implemented, partially fixed,
        partially resolved, partially addressed, partly, partly done, partly implemented, mostly done, mostly complete,
        mostly completed, mostly implemented, mostly fixed, mostly resolved, mostly, nearly done, almost done, started,
        ongoing, doing, mitigated partially, implementing, half done, underway, working on it, in flight, in testing,
        partial fix, partial implementation, some done, improved, being worked on, in work, exists but incomplete
    """,
    "done": """
        done, complete, completed, fixed, resolved, closed, implemented, finished, shipped, landed, merged, released,
        solved, addressed, delivered, fully implemented, fully resolved, fully complete, verified, deployed, all done, all
        resolved, all complete, already done, already implemented, already fixed, now fixed, now done, now implemented, no
        longer an issue, remediated, documented, achieved, works, working, integrated, corrected, mitigated, operational,
        live, yes, added, removed, migrated, covered, passed, passing, checked, paid off
    """,
    "deferred": """
        deferred, parked, postponed, later, someday, someday maybe, maybe, possibly later, maybe later, on hold, hold,
        icebox, iced, post v1, post mvp, post launch, post release, future, low priority deferred, snoozed, delayed,
        paused, shelved, back burner, backburner, not now, not planned for now, deprioritized, deprioritised, deferred to,
        open defer, future work, future phase, next version, moved to, waiting, frozen, not for now
    """,
    "wontfix": """
        wontfix, won t fix, wont fix, won't fix, will not fix, won t do, won't do, wont do, won t implement, won't
        implement, cancelled, canceled, rejected, declined, obsolete, abandoned, dropped, out of scope, out-of-scope,
        not in scope, by
        design, not planned, not a bug, invalid, superseded, as designed, working as designed, working as intended, works
        as designed, intended, intentional, not applicable, n a, not needed, not required, no longer needed, no longer
        relevant, accepted, accepted risk, risk accepted, no action, no action needed, no action required, will not
        implement, will not be implemented, not going to, duplicate, false positive, non goal, non goals, not an issue,
        expected behavior, expected behaviour, accepted limitation, scrapped
    """,
}

WEAK = """
    no, none, yes, new, known, required, needed, ready, active, works, working, added, removed, covered, checked, live, future,
    maybe, later, confirmed, identified, remaining, outstanding, ongoing, moved to, waiting, accepted, intended, intentional, invalid,
    documented, integrated, migrated, verified, achieved, passed, passing, failed, failing, stub, absent, required, improved, required,
    mitigated, delivered, released, merged, addressed, operational, duplicate, scheduled, planned, proposed, designed, specified, hold,
    started, mostly, partly, broken, blocked, corrected, duplicate, frozen, dropped, required, open, closed, complete, n a, backlog,
    unsupported, missing, incomplete, placeholder, ready, active, post launch, low priority deferred
"""

PRIORITIES = """
    critical, crit, med, blocker, blocking, urgent, immediate, highest, very high, high, higher, severe, major, important, essential,
    must, must have, must fix, should, should have, could, could have, medium, medium high, medium low, moderate, normal,
    low medium, low, lower, lowest, very low, minor, trivial, nice to have, nice-to-have, optional, informational, info,
    cosmetic, low-medium, medium-high, high-medium, low-hanging
"""

LABELS = {
    "status": """
        status, state, current status, resolution status, implementation status, progress, fix status, done
    """,
    "priority": """
        priority, prio, urgency, priority level, suggested priority, importance, p
    """,
    "severity": """
        severity, criticality, sev, severity level
    """,
    "effort": """
        effort, estimate, estimated effort, effort estimate, size, estimated time, time estimate, estimated hours,
        estimation, effort to fix, fix effort, implementation effort, est effort, time, hours, cost, story points, t-shirt
        size, loe, est, complexity estimate, estimated complexity
    """,
    "complexity": """
        complexity, difficulty
    """,
    "depends": """
        dependencies, dependency, depends on, depends, blocked by, requires, prerequisites, prerequisite, blocked on,
        needs, depends upon
    """,
    "id": """
        id, no, nr, number, key, ref, gap id, issue id, ticket, td id, item id, code
    """,
    "title": """
        title, gap, issue, item, name, feature, problem, debt, task, limitation, bug, missing, missing feature,
        description, summary, finding, requirement, what, component, area, todo, work item, capability, function, debt
        item, concern, improvement, topic, tech debt, technical debt, missing item, gap description, module, service,
        test, endpoint
    """,
    "resolution": """
        resolution
    """,
    "describes": """
        description, problem, impact, why it matters, root cause, workaround, proposed fix, planned fix, fix, solution,
        proposed solution, current state, gap, expected, actual, evidence, location, file, files, recommendation,
        rationale, mitigation, suggested fix, fix required, required, needed, limitation, symptom, symptoms, affected,
        affected files, risk level, why, what, where, scope, target, owner, category, area, module, component, risk,
        affected modules,
        affected versions, action, action required, details, issue, context, what s missing, what is missing, missing,
        still missing, reason, cause, remediation, possible solution approaches, justification, consequence, proposal,
        approach, implementation, acceptance criteria, success criteria, tasks, note, notes, detail, original spec,
        trigger, fix approach, current, current behavior, desired behavior, expected behavior, steps to reproduce,
        source, origin, raised in, found in, business impact, technical impact, user impact, next steps, what needs to happen
    """,
}

LACKING = """
    no, not, never, none, nothing, cannot, can't, doesn't, don't, isn't, aren't, won't, wasn't, hasn't, haven't, didn't,
    couldn't, missing, lack, lacks, lacking, without, unsupported, unimplemented, unhandled, unused, untested, undocumented,
    incomplete, insufficient, inconsistent, incorrect, incorrectly, invalid, wrong, broken, fails, fail, failing, failure,
    crash, crashes, leak, leaks, hangs, error, errors, bug, bugs, issue, issues, problem, limited, limitation, only, still, yet,
    stub, stubs, stubbed, placeholder, hardcoded, hard coded, duplicate, duplicated, duplication, deprecated, outdated,
    obsolete, legacy, slow, fragile, flaky, unsafe, insecure, vulnerable, race, deadlock, too, unclear, unstable, todo, fixme,
    hack, workaround, needs, need, needed, required, requires, should, must, could, would, might, instead of, nice to have,
    planned, future, partial, partially, manual, manually, ignored, ignores, dropped, silently, disabled, loses, lost, gap,
    gaps, debt
"""

DEMANDS = """
    add, fix, implement, support, improve, remove, refactor, replace, migrate, update, make, allow, use, handle, create, write,
    test, document, investigate, consider, clean, cleanup, clean up, move, rename, extract, split, optimize, optimise, enable,
    introduce, provide, expose, port, rewrite, finish, complete, check, verify, ensure, convert, merge, reduce, show, validate,
    integrate, build, define, review, upgrade, simplify, consolidate, standardize, unify, configure, deploy, design, develop,
    expand, extend, generate, increase, load, look into, prevent, publish, redesign, rework, resolve, restore, set up, setup,
    store, switch, tune, wire, wrap, delete, drop, decouple, audit, automate, better, more, explore, figure out, find, get,
    decide, persist, profile, read, save, send, separate, sync, track, turn, try, return, run, respect, detect, display,
    distinguish, compile, change, bring, avoid, adopt, apply, cache, customize, evaluate, harden, hide, import, export, let,
    limit, log, pass, possibility, parse, prefer, proper, retry, render, reuse, specify, stop, translate, unit test, experiment,
    give, include, put, report
"""

SECTIONS = {
    "legend": """
        legend, format, template, key, taxonomy, glossary, definitions, priority levels, severity levels, status
        definitions, priority definitions, severity definitions, priority legend, status legend, conventions, terminology,
        status codes, status key, priority key, categories, classification, effort scale, labels, entry format, item
        format, item template, entry template, symbols, notation, rating scale, status values, severity guide,
        language guide, style guide, usage guide, migration guide, setup guide, priority
        guide, status indicators, status labels, examples, example, prioritization criteria, priority criteria, definition
        of done, severity scale, prioritization guide, prioritisation guide, priority guidelines, prevention
        guidelines, debt prevention guidelines, writing
        guidelines, item structure,
        template notes, optional sections, entry structure, severity criteria, rating
    """,
    "guide": """
        how to, how to use, how to use this, how to use this file, how to use this document, contributing, usage, how to
        contribute, adding new, adding new items, process, maintenance, instructions, review process, workflow, review
        schedule, update process, how to add, rules, guidelines, maintaining this document, when to update, audit
        cadence, update cadence, cadence, how this
        works, tracking process, resolution process, getting started, development workflow, policy, review cadence,
        reporting, reporting issues, reporting bugs, how to report, lessons learned, best practices, debt management,
        management, prevention, prevention strategies, testing checklist, checklist, how to verify, verification, release
        process, quick start, setup, commands, standards, documentation standards, using this document, known
        workarounds, using this file,
        governance, execution rule, execution rules, working agreement, ground rules, faq, questions, sign off
    """,
    "reference": """
        references, reference, links, resources, see also, related, further reading, sources, table of contents, contents,
        toc, index, related documents, related documentation, related files, related docs, documentation links,
        acknowledgments, credits, external links, bibliography, see, key files, files, appendix, sources consulted,
        license, contact, contacts, test files, source files, cross references, files updated, updated files, files changed,
        changed files, files modified, modified files, files created, files touched, last updated, commit
        reference, last reviewed, maintainers, author, authors
    """,
    "summary": """
        summary, overview, statistics, stats, metrics, conclusion, conclusions, quick reference, priority order, priority
        matrix, assessment, dashboard, scorecard, executive summary, key findings, findings summary, at a glance, tl dr,
        tldr, summary table, gap summary, priority summary, summary matrix, overall, tracking, completion metrics,
        progress summary, current status, status summary, coverage summary, totals, score, risk assessment, impact
        assessment, priority ranking, final assessment, resolution summary, verification status, project status,
        implementation status, feature status, module status, health indicators, success metrics, success
        criteria, burndown, matrix, comparison, summary by priority, summary by category, status overview, progress,
        progress tracking, progress overview, test results, results, verdict, takeaways, effort estimates, gap
        analysis summary, benchmarks, distribution, metrics and tracking, status update, build status, build output,
        risk summary, priority list, prioritized list,
        summary of gaps, quick wins summary, counts, effort summary, by the numbers, summary statistics, overall status,
        bottom line, index of gaps, quick summary, priority recommendations
    """,
    "plan": """
        roadmap, next steps, plan, timeline, action plan, immediate actions, execution order, recommended order,
        implementation plan, migration path, milestones, recommendations, recommended next steps, recommended actions,
        implementation order, suggested order, remediation order, suggested remediation order, implementation roadmap,
        sprint plan, action items, phases, schedule, short term, medium term, long term, recommended priorities, nice next
        steps, recommendation, recommended solutions, implementation batches, batches, timeline estimate,
        implementation timeline, estimated timeline, suggested next steps,
        recommended execution order, priorities,
        immediate next steps,
        implementation phases, implementation priority, implementation strategy, strategy, recommended approach, suggested
        implementation order, recommended implementation order, proposed solutions, remediation plan, remediation roadmap,
        path forward, recommended sequence, suggested sequence, implementation checklist, proposed roadmap,
        recommended fix order, fix order, priority
        recommendation, suggested priorities, testing strategy, rollout plan, release plan
    """,
    "inventory": """
        what works, nothing else is, what exists, already implemented, implemented features, implemented, existing,
        strengths, working,
        supported, supported features, achievements, what we have, what is implemented, what s implemented, found, current
        capabilities, currently implemented, currently supported, existing features, available features, features, what s
        working, what is working, what works well, what s done, positive findings, good practices, highlights, inventory,
        what exists today, working features, current state, existing documentation inventory, capabilities, already done,
        covered, what is covered, what s covered, what is supported, what s supported, existing coverage, current
        implementation, working skeletons, architecture, current architecture, background, context, introduction, purpose,
        scope, methodology, about, motivation, goals, vision, not gaps, non gaps, why, philosophy, why not, tech stack, project
        structure, design principles, principles, assumptions, what s good, what already exists, already present, already
        supported, what is good, what works today, fully implemented, implemented and tested, complete features,
        decisions, architectural decisions, architecture decisions, design decisions,
        key decisions, strengths weaknesses, strengths and weaknesses, pros and cons
    """,
    "archive": """
        resolved, completed, done, fixed, closed, archive, archived, finished, recently completed, recently resolved,
        recently fixed, completed items, resolved items, resolved issues, fixed issues, closed issues, completed tasks,
        completed features, resolved gaps, closed gaps, fixed bugs, resolved debt, addressed, shipped, landed, recently
        closed, paid off, history of fixes, recently shipped, previously resolved, done items, completed work, fixed in
        this pass, recently landed, recently done
    """,
    "log": """
        changelog, change log, history, update log, remediation log, revision history, release notes, changes, version
        history, updates, log, document history, recent changes, what changed, session log, progress log, recent updates,
        audit log, update summary, document changelog, activity log, achievements summary
    """,
    "gaps": """
        gaps, gap, missing, limitations, limitation, issues, issue, bugs, bug, debt, debts, todo, todos, to do, to dos,
        tasks, improvements, backlog, not implemented, unimplemented, unsupported, problems, wishlist, ideas,
        enhancements, concerns, known issues, known limitations, known bugs, missing features, what s missing, what is
        missing, still missing, still open, remaining work, left to do, not done, leftovers, not supported, not yet
        implemented, not yet supported, deficiencies, shortcomings,
        weaknesses, technical debt, tech debt, unsupported features, genuinely missing, partially implemented, incomplete,
        open items, active items, items, open questions, constraints, caveats, fixme, blockers, defects, stories, must
        fix, needed, wanted, what s not implemented, differences, incompatibilities, open issues, features to add, future
        work, future improvements, future enhancements, planned features, things to do, things to fix, cleanup,
        refactoring, work items, follow ups, followups, feature requests, mismatches, discrepancies, violations
    """,
    "detail": """
        problem, description, solution, impact, steps, proposed fix, proposed solution, acceptance criteria, workaround,
        workarounds, root cause, current state, expected, actual, symptoms, steps to reproduce, reproduction, fix,
        rationale, details, tasks, implementation, why, evidence, affected files, files, mitigation, notes, note, required
        content, current behavior, expected behavior, recommended fix, suggested fix, analysis, options, requirements,
        context, cause, background, resolution, proposed approach, implementation notes, testing, why it matters, files
        affected, risk, risks, dependencies, success criteria, example, examples, code example, the problem, the fix, the
        solution, what happens, what we need, implementation plan, effort, consequences
    """,
}
