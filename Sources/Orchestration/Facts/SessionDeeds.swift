/// The evidence in a session's output that the agent could do anything.
package enum SessionDeeds: Hashable, Sendable {
    /// The agent ran no command, changed no file and called no tool.
    case none
    /// Every command failed with the sandbox's own words, the first of which are given, and nothing else
    /// was done.
    case refused(String)
    /// The agent did something.
    case some
}
