package import Orchestration

/// A task's own tree: a git worktree on a branch of its own.
package struct TreeSettings: Hashable, Sendable {
    /// The reference or commit that a new tree begins from.
    package var base: String
    /// The branch, without `refs/heads/`.
    package var branch: String
    /// The patterns of ignored files that a new tree gets.
    package var include: [String]
    /// The command that sets a new tree up, before its first session; `nil` for none.
    package var setup: UserCommand?
    /// The commits; `nil` if none are made.
    package var commits: CommitSettings?
}
