import Application
import Manifest
import Orchestration
import Reporting

/// The words of `quire set`, such as `concurrency=8` and `priority TASK=5`.
enum SettingWords {
    private static let names = [
        "concurrency", "budget.tokens", "budget.cost", "budget.wall", "on_limit", "priority",
    ]

    /// Returns the settings that words name.
    ///
    /// - Throws: `Trouble` with status 64 for the first word that is none.
    static func settings(_ words: [String]) throws -> SteeringSettings {
        var settings = SteeringSettings()
        var isPriority = false
        for word in words {
            if word == "priority" {
                isPriority = true
                continue
            }
            guard let mark = word.lastIndex(of: "=") else { throw trouble(word) }
            let (name, value) = (String(word[..<mark]), String(word[word.index(after: mark)...]))
            if !isPriority || names.contains(name) {
                isPriority = false
                try set(name, value, in: &settings)
            } else {
                guard let priority = Int(value) else {
                    throw Trouble("\(word): a priority is a whole number", status: ExitStatus.usage)
                }
                settings.priorities.append(.init(tasks: [name], priority: priority))
            }
        }
        if isPriority, settings.priorities.isEmpty {
            throw Trouble("priority needs tasks: priority TASK=5", status: ExitStatus.usage)
        }
        return settings
    }

    private static func set(
        _ name: String,
        _ value: String,
        in settings: inout SteeringSettings
    ) throws {
        func known<Value>(_ read: Value?, _ example: SafeText) throws -> Value {
            if let read { return read }
            throw Trouble("\(name)=\(value) is none: \(example)", status: ExitStatus.usage)
        }
        var budget = settings.budget ?? Budget()
        switch name {
        case "concurrency":
            settings.concurrency = try known(Int(value), "a number of sessions such as 8")
        case "budget.tokens":
            budget.tokens = try known(Quantity.tokens(value), "a number of tokens such as 60M")
            settings.budget = budget
        case "budget.cost":
            budget.cost = try known(Double(value), "a cost such as 25.50")
            settings.budget = budget
        case "budget.wall":
            budget.wall = try known(Quantity.duration(value), "a time such as 2h30m")
            settings.budget = budget
        case "on_limit": settings.onLimit = value
        default: throw trouble(name)
        }
    }

    private static func trouble(_ word: String) -> Trouble {
        let near: SafeText? = Keys.suggestion(forPattern: word, among: names)
            .map { "did you mean \"\($0)\"?" }
        let known = names.dropLast().map { "\($0)=…" }.joined(separator: ", ")
        return Trouble(
            "\"\(word)\" is no setting; \(near ?? "there are \(known) and priority TASK=…")",
            status: ExitStatus.usage
        )
    }
}
