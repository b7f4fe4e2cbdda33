import Orchestration

// The person whose name is on commits.
extension Repository {
    /// Returns words on what git lacks to know the author of commits here; `nil` if it knows.
    ///
    /// git itself is asked, so that its settings, its variables, and what it makes up from the system's user
    /// count as they do for a commit. Quire makes up nothing: the work is the person's.
    ///
    /// - Throws: `GitError` if git can't tell for another reason.
    package func missingIdentity(_ git: Git) throws(GitError) -> String? {
        for variable in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
            let answer = git.call(["var", variable], in: topLevel)
            guard answer.status != 0 else { continue }
            guard GitError.isOfIdentity(answer.complaint + "\n" + answer.errors) else {
                throw GitError("looking for the author of commits", in: topLevel, answer)
            }
            return
                "git knows no author for commits in \(topLevel); set one with `git config --global "
                + "user.name \"Your Name\"` and `git config --global user.email you@example.org`, or "
                + "with the variables GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and "
                + "GIT_COMMITTER_EMAIL, or name one in the manifest: commit: {author: \"Your Name "
                + "<you@example.org>\"}"
        }
        return nil
    }
}
