package import Orchestration

/// The screen of a run: its cursor, its filter, its pages and its questions to the person.
///
/// The model is a value: keys change it, and `draw` turns it and the run into lines. Nothing here waits,
/// reads or writes.
package struct ScreenModel: Sendable {
    /// The program around the screen.
    package enum Host: Sendable {
        /// The run itself, which ends with its terminal's Quire.
        case run
        /// A look at a run that goes on elsewhere.
        case watch
    }

    /// An answer to a key.
    package enum Effect: Hashable, Sendable {
        /// Leave the screen.
        case quit
        /// Pass a request on to the run.
        case steer(SteeringRequest)
        /// Write the whole screen anew.
        case redraw
    }

    /// A page of the screen.
    enum Page: Hashable, Sendable {
        case list
        case task(String)
        case help
    }

    /// A question to the person, in the last line.
    enum Prompt: Hashable, Sendable {
        case filter
        case answer(String)
        case concurrency
        /// A request that is passed on after a `y`.
        case confirmation(SteeringRequest)
        /// The way out of a run that would end with its screen.
        case leaving
    }

    /// The most characters that are typed at a prompt.
    private static let longestText = 16 * 1024

    let host: Host
    var page = Page.list
    var prompt: Prompt?
    var typed = ""
    /// The text that the shown tasks have in their names or states.
    var filter = ""
    /// The task under the cursor; `nil` for whichever is the first, until the person moves.
    var cursor: String?
    /// The first line that is shown of a page.
    var top = 0
    /// True while a task's page shows its end, however long it grows.
    var follows = true
    /// The newest answer to a request.
    var message: SafeText?

    /// Makes the screen as it begins.
    package init(host: Host) { self.host = host }

    /// The task whose page is shown; `nil` for none.
    package var openTask: String? { if case .task(let name) = page { name } else { nil } }

    /// Shows words in the last line until the next key.
    package mutating func tell(_ words: SafeText) { message = words }

    // MARK: - Keys

    /// Changes the screen as a key says, and returns what the program is to do.
    package mutating func handle(_ key: Key, _ view: RunView, size: ScreenSize) -> Effect? {
        message = nil
        if key == .redraw { return .redraw }
        if let prompt { return answered(prompt, key, view) }
        if case .character(let letter) = key, let effect = command(letter, view) { return effect }
        switch page {
        case .list: return inList(key, view, size)
        case .task, .help: return onPage(key, size)
        }
    }

    /// Carries out a letter that means the same on all pages.
    private mutating func command(_ letter: Character, _ view: RunView) -> Effect? {
        switch letter {
        case "p": return .steer(.pause(afterSessions: true))
        case "P": prompt = .confirmation(.pause(afterSessions: false))
        case "r": return .steer(.resume)
        case "d": prompt = .confirmation(.drain)
        case "s": askToStop(view)
        case "+", "=": return .steer(.setConcurrency(view.record.concurrencyLimit + 1))
        case "-":
            return .steer(.setConcurrency(max(1, view.record.concurrencyLimit - 1)))
        case "c": begin(.concurrency)
        case "a": askForAnswer(view)
        case "?": (page, top, follows) = (page == .help ? .list : .help, 0, false)
        case "q":
            guard page == .list else {
                leavePage()
                return nil
            }
            guard host == .run, view.record.leg?.ended == nil else { return .quit }
            prompt = .leaving
        default: return nil
        }
        return nil
    }

    private mutating func askToStop(_ view: RunView) {
        guard let task = chosen(view) else { return tell("there is no task to stop") }
        guard task.outcome == nil else { return tell("\(task.name) has ended already") }
        prompt = .confirmation(.stop([task.name]))
    }

    private mutating func askForAnswer(_ view: RunView) {
        guard let task = chosen(view) else { return tell("there is no task to answer") }
        guard task.outcome == .needsYou else { return tell("\(task.name) asks nothing now") }
        begin(.answer(task.name))
    }

    private mutating func begin(_ prompt: Prompt) { (self.prompt, typed) = (prompt, "") }

    /// Returns the task of the page, or the one under the cursor.
    private func chosen(_ view: RunView) -> TaskRecord? {
        if let openTask { return view.task(openTask) }
        let names = ScreenList(view, filter: filter).names
        return (cursor.flatMap { names.contains($0) ? $0 : nil } ?? names.first)
            .flatMap(view.task)
    }

    // MARK: - Pages

    private mutating func inList(_ key: Key, _ view: RunView, _ size: ScreenSize) -> Effect? {
        let names = ScreenList(view, filter: filter).names
        let place = cursor.flatMap(names.firstIndex) ?? 0
        func move(to place: Int) { cursor = names.isEmpty ? nil : names[clamped(place, names)] }
        switch key {
        case .up, .character("k"): move(to: place - 1)
        case .down, .character("j"): move(to: place + 1)
        case .pageUp: move(to: place - max(1, size.rows / 2))
        case .pageDown: move(to: place + max(1, size.rows / 2))
        case .home, .character("g"): cursor = nil
        case .end, .character("G"): move(to: names.count - 1)
        case .enter, .right, .character("l"):
            guard !names.isEmpty else { break }
            let name = names[clamped(place, names)]
            (page, cursor, top) = (.task(name), name, 0)
            follows = view.task(name)?.running != nil
        case .character("/"): (prompt, typed) = (.filter, filter)
        case .escape: filter = ""
        default: break
        }
        return nil
    }

    private func clamped(_ place: Int, _ names: [String]) -> Int {
        max(0, min(names.count - 1, place))
    }

    private mutating func onPage(_ key: Key, _ size: ScreenSize) -> Effect? {
        func move(_ lines: Int) { (top, follows) = (max(0, top + lines), false) }
        switch key {
        case .up, .character("k"): move(-1)
        case .down, .character("j"): move(1)
        case .pageUp: move(-max(1, size.rows - 3))
        case .pageDown, .character(" "): move(max(1, size.rows - 3))
        case .home, .character("g"): (top, follows) = (0, false)
        case .end, .character("G"): follows = true
        case .escape, .left, .character("h"): leavePage()
        default: break
        }
        return nil
    }

    private mutating func leavePage() { (page, top) = (.list, 0) }

    // MARK: - Prompts

    private mutating func answered(_ prompt: Prompt, _ key: Key, _ view: RunView) -> Effect? {
        switch prompt {
        case .confirmation(let request):
            self.prompt = nil
            return key == .character("y") ? .steer(request) : nil
        case .leaving:
            self.prompt = nil
            return key == .character("d") ? .steer(.drain) : nil
        case .filter, .answer, .concurrency: return typedAt(prompt, key)
        }
    }

    private mutating func typedAt(_ prompt: Prompt, _ key: Key) -> Effect? {
        switch key {
        case .enter:
            self.prompt = nil
            return entered(prompt)
        case .escape:
            self.prompt = nil
            if prompt == .filter { filter = "" }
        case .backspace:
            // Nothing left to take back is a wish to leave.
            if typed.popLast() == nil { self.prompt = nil }
        case .character(let character): type(String(character))
        case .paste(let text): type(Sanitizer.line(text))
        default: break
        }
        if prompt == .filter, self.prompt != nil { filter = typed }
        return nil
    }

    private mutating func type(_ text: String) {
        if typed.count + text.count <= Self.longestText { typed += text }
    }

    private mutating func entered(_ prompt: Prompt) -> Effect? {
        switch prompt {
        case .answer(let task):
            guard typed.contains(where: { !$0.isWhitespace }) else {
                tell("nothing was typed, and \(task) still asks")
                return nil
            }
            return .steer(.answer([task], typed))
        case .concurrency:
            guard let number = Int(typed), (1...100_000).contains(number) else {
                tell("\"\(typed)\" is no number of sessions from 1 to 100000")
                return nil
            }
            return .steer(.setConcurrency(number))
        case .filter, .confirmation, .leaving: return nil
        }
    }
}

/// The tasks of a run by state, those first that a person should see first.
struct ScreenList {
    /// A state of tasks.
    enum Section: Int, CaseIterable {
        case needsYou, failed, running, waiting, done

        /// The state in words.
        var title: String {
            switch self {
            case .needsYou: "needs you"
            case .failed: "failed"
            case .running: "running"
            case .waiting: "waiting"
            case .done: "done"
            }
        }

        init(_ task: TaskRecord, isChecked: Bool) {
            switch task.outcome {
            case .needsYou: self = .needsYou
            case .failed, .stalled, .damaged, .unchecked, .blocked: self = .failed
            case .complete, .capped, .cancelled: self = .done
            case nil:
                self =
                    task.running != nil || isChecked ? .running : task.isLeftOut ? .done : .waiting
            }
        }
    }

    /// The tasks of each state that has some, in the plan's order.
    let sections: [(section: Section, tasks: [TaskRecord])]

    /// Makes the list of the tasks that have a text in their name, group or state.
    init(_ view: RunView, filter: String) {
        var sections = [[TaskRecord]](repeating: [], count: Section.allCases.count)
        let wanted = filter.lowercased()
        for task in view.tasks {
            let section = Section(task, isChecked: view.checking.contains(task.name))
            let isWanted =
                wanted.isEmpty
                || [task.name, task.group ?? "", section.title, task.outcome?.rawValue ?? ""]
                    .contains { $0.lowercased().contains(wanted) }
            if isWanted { sections[section.rawValue].append(task) }
        }
        self.sections = Section.allCases.compactMap { section in
            let tasks = sections[section.rawValue]
            return tasks.isEmpty ? nil : (section, tasks)
        }
    }

    /// The tasks' names from top to bottom.
    var names: [String] { sections.flatMap { $0.tasks.map(\.name) } }
}
