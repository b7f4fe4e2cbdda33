import ArgumentParser

/// A command that does more than answer: its exit status is that of its work, even if nobody reads its
/// output.
protocol WorkingCommand: ParsableCommand {}
