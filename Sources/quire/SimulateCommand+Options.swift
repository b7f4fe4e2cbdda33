import ArgumentParser
import Orchestration
import Simulation

// The checks of a simulation's options, and the values that they stand for.
extension SimulateCommand {
    /// Refuses an option that would have no effect.
    func refuseIdleOptions() throws {
        var idle = [("--state-dir", look.stateDir != nil)]
        var source = "a synthetic workload"
        if manifest != nil {
            source = "a manifest"
            idle = [
                ("--tasks", tasks != nil), ("--hints", hints != nil), ("--again", again),
                ("--stall-after", stallAfter != nil),
            ]
        } else if workloadFile != nil {
            source = "a workload file"
            idle += [
                ("--tasks", tasks != nil), ("--seed", seed != nil && hints == nil),
                ("--again", again),
            ]
        }
        guard let option = idle.first(where: \.1)?.0 else { return }
        throw ValidationError("\(option) changes nothing with \(source); leave it out.")
    }

    /// Refuses numbers that are out of range.
    func checkRanges() throws {
        if let tasks, !(1...10_000_000).contains(tasks) {
            throw ValidationError("--tasks must be from 1 to 10,000,000.")
        }
        if let hints, !(0...10).contains(hints) {
            throw ValidationError("--hints must be from 0 to 10.")
        }
        if let stallAfter, !(0...1_000_000).contains(stallAfter) {
            throw ValidationError("--stall-after must be from 0 to 1,000,000.")
        }
    }

    /// Returns the schedulers to compare; by default the plan's own.
    func policies(of plan: RunPlan? = nil) throws -> [Policy] {
        guard let policy else {
            let own = plan?.scheduler ?? .pace
            return [Policy(own)]
        }
        if policy == "all" { return Policy.allCases }
        return try parts(of: policy, "--policy").map { name in
            guard let policy = Policy(rawValue: name) else {
                let known = Policy.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("There is no scheduler \"\(name)\"; there are \(known).")
            }
            return policy
        }
    }

    /// Returns the numbers of slots to compare; `nil` for the workload's own.
    func slotCounts() throws -> [Int]? {
        guard let slots else { return nil }
        return try parts(of: slots, "--slots").map { text in
            guard let count = Int(text), (1...Workload.slotsLimit).contains(count) else {
                throw ValidationError("--slots: \"\(text)\" is no number from 1 to 1,000,000.")
            }
            return count
        }
    }

    /// Returns the parts of a comma-separated list, and refuses duplicates.
    private func parts(of list: String, _ option: String) throws -> [String] {
        let parts = list.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.trimmingSpaces }
        if parts.contains("") {
            throw ValidationError("\(option) \"\(list)\": a part of the list is empty.")
        }
        var seen: Set<String> = []
        if let twice = parts.first(where: { !seen.insert($0).inserted }) {
            throw ValidationError("\(option) \"\(list)\": \(twice) stands there twice.")
        }
        return parts
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        let start = drop { $0 == " " }
        return String(start.dropLast(start.reversed().prefix { $0 == " " }.count))
    }
}
