/// Something that people ask, and where the manual answers it.
struct Fact: Sendable {
    var question: String
    /// The words after `quire help`.
    var subject: String
    /// A part of the answer, as the page has it, without line ends.
    var answer: String

    static let all = [
        Fact(
            question: "How do I continue a run that was interrupted?",
            subject: "start",
            answer: "The same command continues what was interrupted"
        ),
        Fact(
            question: "How do I have tasks tried again that failed?",
            subject: "outcomes",
            answer:
                "To go on with tasks that failed, stalled or were damaged, run the manifest with `--retry-failed`."
        ),
        Fact(
            question: "What does status 101 mean?",
            subject: "exit-status",
            answer: "work is left and nothing failed"
        ),
        Fact(
            question: "How many sessions run at once by default?",
            subject: "manifest.concurrency",
            answer: "Default: 4."
        ),
        Fact(
            question: "How long may a session be silent?",
            subject: "manifest.idle_timeout",
            answer: "The longest that a session may be silent. Default: 10m."
        ),
        Fact(
            question: "Where is the log of a session?",
            subject: "files",
            answer: "every session's standard output, byte for byte"
        ),
        Fact(
            question: "What happens when Codex's usage limit is reached?",
            subject: "limits",
            answer: "nothing of the account starts until the stated time"
        ),
        Fact(
            question: "How do I keep two tasks from changing the same files?",
            subject: "trees",
            answer:
                "With `isolation: worktree` each task works in a git worktree and on a branch of its own"
        ),
        Fact(
            question: "How do I take over what a task made?",
            subject: "trees",
            answer: "moves your branch, once, to all that does"
        ),
        Fact(
            question: "Who decides that a task is complete?",
            subject: "checks",
            answer: "A ticked box is a claim; `verify` checks it."
        ),
        Fact(
            question: "What if the check's program is not there?",
            subject: "checks",
            answer: "it never passes by default"
        ),
        Fact(
            question: "How do I bound what a run costs?",
            subject: "budgets",
            answer: "A `budget` limits `tokens` (input and output), `cost`"
        ),
        Fact(
            question: "How do I answer a task that asks me something?",
            subject: "outcomes",
            answer:
                "`quire answer` (or an `answer.md` by hand) puts question and answer into its next prompt"
        ),
        Fact(
            question: "May I change a checklist by hand?",
            subject: "checklists",
            answer: "The list is yours: change what you like, between runs or while the task waits"
        ),
        Fact(
            question: "How do I run sessions on other machines?",
            subject: "launchers",
            answer: "to `node0`, `node1`, ...: slot by slot"
        ),
        Fact(
            question: "How do I divide a manifest among machines of a CI?",
            subject: "ci",
            answer: "quire merge-runs s1 s2 --junit junit.xml"
        ),
        Fact(
            question: "What does Ctrl-C do?",
            subject: "signals",
            answer: "Start nothing more and let the sessions finish: for 10 minutes after SIGINT"
        ),
        Fact(
            question: "How do I try it without an account?",
            subject: "simulate",
            answer: "`agent: simulated` starts `codex-sim`, a stand-in for `codex`"
        ),
        Fact(
            question: "What is a leg?",
            subject: "glossary",
            answer: "one process's part of a run: one call of `quire run`"
        ),
        Fact(
            question: "How do I have my agent use Quire?",
            subject: "skill",
            answer: "quire skill install"
        ),
        Fact(
            question: "Can agents read secrets in the logs that I show?",
            subject: "security",
            answer: "are replaced by `[redacted]` in what is recorded and shown"
        ),
    ]
}
