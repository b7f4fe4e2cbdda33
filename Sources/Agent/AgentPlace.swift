/// A place where an agent's sessions run: this machine, or the one that a launcher leads to.
///
/// Both closures run a program there to its end, in the sessions' directory and with their variables.
package struct AgentPlace {
    /// Runs the agent's program with arguments.
    package let ask: ([String]) -> ProgramAnswer
    /// Runs a line of the shell.
    package let shell: (String) -> ProgramAnswer

    /// Makes a place; see the properties.
    package init(
        ask: @escaping ([String]) -> ProgramAnswer,
        shell: @escaping (String) -> ProgramAnswer
    ) {
        (self.ask, self.shell) = (ask, shell)
    }

    /// Returns true if a line of the shell succeeds there.
    package func holds(_ line: String) -> Bool {
        switch shell(line) {
        case .said, .silent: true
        case .failed, .unanswered, .unreached: false
        }
    }
}
