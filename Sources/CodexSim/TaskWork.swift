import Glibc

/// The task directory that the prompt names, on which the simulated agent works.
struct TaskWork {
    var name = ""
    var directory: String?
    var isInitializer = false
    private var isAnswered = false
    private var list: String { (directory ?? "") + "/task_list.md" }
    private var notes: String { (directory ?? "") + "/progress.md" }

    init(prompt: String) {
        for line in prompt.split(separator: "\n") {
            if line.hasPrefix("Task Name: ") { name = String(line.dropFirst(11)) }
            if line.hasPrefix("Task Directory: "), directory == nil {
                directory = String(line.dropFirst(16))
            }
        }
        isInitializer = prompt.contains("You are the Initializer Agent")
        let earlier = directory.flatMap { Files.read($0 + "/answers.md") } ?? ""
        isAnswered = (prompt + earlier).contains("\nA person answers:\n")
    }

    /// The session's number within its task: the runner's, or one more than the notes have
    /// sections.
    var session: Int {
        if let told = getenv("QUIRE_SESSION"), let number = Int(String(cString: told)) {
            return number
        }
        guard directory != nil, let text = Files.read(notes) else { return 1 }
        return 1 + text.split(separator: "\n").count { $0.hasPrefix("## Session ") }
    }

    func work(_ directives: Directives, session: Int, _ evidence: Evidence?) {
        guard directory != nil else { return }
        if let path = directives.work { Files.append("\(name) session \(session)\n", to: path) }
        if isInitializer {
            initialize(directives)
            evidence?.note("list")
        } else if let question = directives.list.question,
            directives.list.asksAgain || !isAnswered
        {
            Files.write(question + "\n", to: (directory ?? "") + "/question.md")
            evidence?.note("ask")
        } else {
            for entry in execute(directives, session) { evidence?.note("tick-\(entry)") }
        }
        if let how = directives.list.damage { damage(how) }
    }

    private func initialize(_ directives: Directives) {
        guard directives.list.isWritten else { return }
        var text = "# Task List: \(name)\n\n## Tasks\n\n"
        for number in 1...max(1, directives.list.entries) {
            text += "- [ ] Task \(number): piece \(number) of \(name)\n"
        }
        if directives.list.hasNotes {
            Files.write("# Progress Log\n\n## Session 1\n\nWrote the list.\n", to: notes)
        }
        Files.write(text, to: list)
    }

    /// Ticks entries, and returns their numbers.
    private func execute(_ directives: Directives, _ session: Int) -> [Int] {
        guard let text = Files.read(list) else { return [] }
        var ticked: [Int] = []
        var left = directives.list.ticks
        var last = 0
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for place in lines.indices where lines[place].hasPrefix("- [") {
            let digits = lines[place].dropFirst(11).prefix(while: \.isNumber)
            last = Int(digits) ?? last
            if left > 0, lines[place].hasPrefix("- [ ] Task ") {
                lines[place] = "- [x]" + lines[place].dropFirst(5)
                ticked.append(last)
                left -= 1
            }
        }
        for extra in 0..<directives.list.append {
            let place = lines.last == "" ? lines.count - 1 : lines.count
            lines.insert("- [ ] Task \(last + 1 + extra): found on the way", at: place)
        }
        Files.write(lines.joined(separator: "\n"), to: list)
        if directives.list.hasNotes {
            Files.append("\n## Session \(session)\n\nTicked \(directives.list.ticks).\n", to: notes)
        }
        return ticked
    }

    private func damage(_ how: String) {
        guard let text = Files.read(list) else { return }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let entries = lines.indices.filter { lines[$0].hasPrefix("- [") }
        guard let first = entries.first, let last = entries.last else { return }
        switch how {
        case "reword": lines[first] += ", more or less"
        case "remove": lines.remove(at: last)
        case "reorder": lines.swapAt(first, last)
        case "untick": lines[first] = "- [ ]" + lines[first].dropFirst(5)
        case "empty": lines = []
        default: break
        }
        if how == "delete" {
            Files.remove(list)
        } else {
            Files.write(lines.joined(separator: "\n"), to: list)
        }
    }
}
