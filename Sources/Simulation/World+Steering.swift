package import Orchestration

// A person who steers the run while it runs, without much sense.
extension World {
    /// Hands a request in with the next turn.
    package mutating func steer(_ request: SteeringRequest) {
        // The checker expects one answer to each number.
        let id = Int(truncatingIfNeeded: generator.next() >> 1)
        let person = Steerer(client: "simulation", uid: 1000, user: "someone", pid: 7)
        schedule(.event(.steered(Steering(id: id, request, by: person))), after: .zero)
    }

    /// Hands a random request in, now and then.
    mutating func steerAtRandom() {
        guard happens(faults.steering) else { return }
        steer(randomRequest())
    }

    private mutating func randomRequest() -> SteeringRequest {
        let tasks = [randomPattern()]
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: return .pause(afterSessions: Bool.random(using: &generator))
        case 1, 2, 3: return .resume
        case 4: return Int.random(in: 0..<8, using: &generator) == 0 ? .drain : .resume
        case 5: return .stop(tasks)
        case 6: return .skip(tasks)
        case 7, 8: return .retry(tasks)
        case 9:
            let limit = Int.random(in: 0...9, using: &generator)
            return .setConcurrency(limit)
        case 10: return .setPriority(tasks, Int.random(in: -2...3, using: &generator))
        default:
            let count = Int.random(in: 0...2, using: &generator)
            return count == 0
                ? .tell(tasks, "a note") : count == 1 ? .add(manifest: "/m") : .answer(tasks, "yes")
        }
    }

    private mutating func randomPattern() -> String {
        let name = plan.tasks.randomElement(using: &generator)?.name ?? "t"
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return "*"
        case 1: return "\(name)?"
        default: return name
        }
    }

    /// Opens a task's directory once more, and reports its list.
    mutating func open(_ task: String) {
        let found = agents[task]?.checklist ?? .missing
        let delay = Duration.milliseconds(Int.random(in: 0...3000, using: &generator))
        schedule(.event(.taskInspected(TaskInspected(task: task, checklist: found))), after: delay)
    }

    /// Reports that a person's words were written for some of the tasks.
    mutating func passWords(of call: Steering, to tasks: [String]) {
        let passed = tasks.filter { _ in Bool.random(using: &generator) }
        let troubles = passed.count == tasks.count ? [] : ["the disk is full"]
        schedule(
            .event(.wordsPassed(call, to: passed, troubles: troubles)),
            after: .milliseconds(3)
        )
    }

    /// Reports the manifest, which has grown by a task or two, perhaps.
    mutating func readManifest(of call: Steering) {
        guard Bool.random(using: &generator) else {
            let refused = GrownManifest.refused("line 3: a cycle")
            return schedule(.event(.manifestRead(call, refused)), after: .milliseconds(9))
        }
        var tasks = plan.tasks
        for _ in 0..<Int.random(in: 0...2, using: &generator) where tasks.count < 60 {
            var task = TaskPlan(name: "n\(tasks.count)", priority: 1)
            task.needs = [tasks[Int.random(in: 0..<tasks.count, using: &generator)].name]
            task.group = plan.groups.randomElement(using: &generator)?.name
            tasks.append(task)
        }
        for task in tasks[plan.tasks.count...] {
            agents[task.name] = Agent(entries: Int.random(in: 1...8, using: &generator))
        }
        // The manifest that the next leg begins with.
        plan.tasks = tasks
        let grown = GrownManifest.read(groups: plan.groups, tasks: tasks)
        schedule(.event(.manifestRead(call, grown)), after: .milliseconds(9))
    }
}
