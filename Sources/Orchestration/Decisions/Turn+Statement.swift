// What sessions say of their own work: it is told, and decides nothing.
extension Turn {
    /// Warns of a statement that is none, or that the list refutes.
    mutating func report(_ result: SessionResult, of key: SessionKey, _ checklist: ChecklistState) {
        let words =
            result.statementTrouble.map { "was asked for a verdict, which changes nothing: \($0)" }
            ?? result.statement?.objection(of: checklist)
        if let words { warn("session \(key.number) \(words)", task: key.task) }
    }
}
