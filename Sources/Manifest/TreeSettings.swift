package import Orchestration

/// A task's own tree: a git worktree on a branch of its own.
package struct TreeSettings: Hashable, Sendable {
    /// The commits that are made of sessions' work.
    package struct Commits: Hashable, Sendable {
        /// The author and committer as `Name <address>`; `nil` for the person's own identity.
        package var author: String?
        /// The size in bytes of the largest file that is committed.
        package var largestFile: Int64
    }

    /// The reference or commit that a new tree begins from.
    package var base: String
    /// The branch, without `refs/heads/`.
    package var branch: String
    /// The patterns of ignored files that a new tree gets.
    package var include: [String]
    /// The command that sets a new tree up, before its first session; `nil` for none.
    package var setup: UserCommand?
    /// The commits; `nil` if none are made.
    package var commits: Commits?
}
