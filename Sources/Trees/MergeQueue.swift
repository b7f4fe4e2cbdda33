/// A task's work on its way into the target.
package struct MergeCandidate: Hashable, Sendable {
    /// The task's name.
    package var task: String
    /// The commit to merge.
    package var tip: String
    /// The tasks whose work it builds on.
    package var needs: [String]
    /// The commit after which the task's work is yet to be merged, though the target may have that as
    /// another one; `nil` where git finds that out by itself.
    package var since: String?

    /// Makes a candidate; see the properties.
    package init(task: String, tip: String, needs: [String] = []) {
        (self.task, self.tip, self.needs) = (task, tip, needs)
    }
}

/// Where merges are tried and checked, out of everybody's sight.
package protocol MergeWorkshop {
    /// Merges a candidate onto a commit.
    ///
    /// - Throws: An error that ends the whole merge, as a full disk does.
    func merge(_ candidate: MergeCandidate, onto commit: String) throws -> MergeResult
    /// Runs the check on a commit that has the work of these tasks; true if it passes.
    ///
    /// - Throws: An error if the check can't run, which is neither passed nor failed.
    func check(_ commit: String, of tasks: [String]) throws -> Bool
}

/// The result of merging one candidate onto a commit.
package enum MergeResult: Hashable, Sendable {
    /// The commit with both.
    case merged(String)
    /// The commit with both, in which all of the candidate's work is one commit instead of its own.
    case squashed(String)
    /// The paths that both changed.
    case conflict([String])
}

/// The result for all candidates.
package struct MergeOutcome: Hashable, Sendable {
    /// A reason to leave a candidate out.
    package enum Reason: Hashable, Sendable {
        /// Candidates before it changed these paths, too.
        case conflict(paths: [String])
        /// With it the check fails, and without it not.
        case breaksCheck
        /// The task that it builds on was left out, or is no candidate.
        case needs(task: String)
    }

    /// A candidate that was left out.
    package struct LeftOut: Hashable, Sendable {
        /// The task's name.
        package var task: String
        /// The reason.
        package var reason: Reason
    }

    /// The commit with all that fits together; the target's own if nothing does.
    package var tip: String
    /// The tasks in it, in their order.
    package var merged: [String]
    /// The merged tasks whose work is one commit, since their own ones can't be put one after another.
    package var squashed: [String]
    /// The others.
    package var leftOut: [LeftOut]
    /// True if the target fails the check without any candidate: then nothing is merged.
    package var isTargetRed: Bool
    /// The number of checks.
    package var checks: Int
}

/// The stacking of candidates onto a target: what conflicts and what breaks the check is found and left out.
///
/// All that fit are stacked and their tip is checked. If it fails twice, the first candidate with which
/// the check fails is searched by halving, and left out; what stood on it is stacked anew. `n`
/// candidates of which `k` break the check take at most `k (2 + log₂ n) + 3` checks.
package struct MergeQueue {
    /// A candidate in the stack, and the commit with it and all below it.
    private struct Layer {
        var candidate: MergeCandidate
        var commit: String
        var isSquashed = false
    }

    private let target: String
    private let workshop: any MergeWorkshop
    private let isChecked: Bool
    private let names: Set<String>
    private var layers: [Layer] = []
    private var leftOut: [MergeOutcome.LeftOut] = []
    private var checks = 0

    private init(
        of candidates: [MergeCandidate],
        onto target: String,
        _ workshop: any MergeWorkshop,
        isChecked: Bool
    ) {
        (self.target, self.workshop, self.isChecked) = (target, workshop, isChecked)
        names = Set(candidates.map(\.task))
    }

    /// Stacks candidates, in this order, onto a target's commit.
    ///
    /// - Throws: What the workshop throws; nothing but the workshop was touched.
    package static func outcome(
        of candidates: [MergeCandidate],
        onto target: String,
        in workshop: any MergeWorkshop,
        isChecked: Bool
    ) throws -> MergeOutcome {
        var queue = MergeQueue(of: candidates, onto: target, workshop, isChecked: isChecked)
        for candidate in candidates { try queue.stack(candidate) }
        let isTargetRed = try queue.removeBreaking()
        return MergeOutcome(
            tip: isTargetRed ? target : queue.tip,
            merged: isTargetRed ? [] : queue.layers.map(\.candidate.task),
            squashed: isTargetRed
                ? [] : queue.layers.filter(\.isSquashed).map(\.candidate.task),
            leftOut: isTargetRed ? [] : queue.leftOut,
            isTargetRed: isTargetRed,
            checks: queue.checks
        )
    }

    /// Returns the candidates with each behind those that it needs, and otherwise in their old order.
    package static func ordered(_ candidates: [MergeCandidate]) -> [MergeCandidate] {
        var result: [MergeCandidate] = []
        var placed: Set<String> = []
        let byName = Dictionary(candidates.map { ($0.task, $0) }) { first, _ in first }
        func place(_ candidate: MergeCandidate) {
            guard placed.insert(candidate.task).inserted else { return }
            for need in candidate.needs { byName[need].map(place) }
            result.append(candidate)
        }
        candidates.forEach(place)
        return result
    }

    private var tip: String { layers.last?.commit ?? target }

    private mutating func stack(_ candidate: MergeCandidate) throws {
        let missing = candidate.needs.first { need in
            !names.contains(need) || leftOut.contains { $0.task == need }
        }
        if let missing { return leaveOut(candidate, .needs(task: missing)) }
        switch try workshop.merge(candidate, onto: tip) {
        case .merged(let commit): layers.append(Layer(candidate: candidate, commit: commit))
        case .squashed(let commit):
            layers.append(Layer(candidate: candidate, commit: commit, isSquashed: true))
        case .conflict(let paths): leaveOut(candidate, .conflict(paths: paths))
        }
    }

    private mutating func leaveOut(_ candidate: MergeCandidate, _ reason: MergeOutcome.Reason) {
        leftOut.append(MergeOutcome.LeftOut(task: candidate.task, reason: reason))
    }

    /// Checks the target with so many of the lowest layers.
    private mutating func passes(_ count: Int) throws -> Bool {
        checks += 1
        let commit = count == 0 ? target : layers[count - 1].commit
        return try workshop.check(commit, of: layers.prefix(count).map(\.candidate.task))
    }

    /// Takes out, one by one, the candidates that break the check; true if the target itself fails it.
    private mutating func removeBreaking() throws -> Bool {
        guard isChecked, !layers.isEmpty else { return false }
        /// The number of the lowest layers that are known to pass together.
        var passing = 0
        while passing < layers.count {
            // A check that fails now and then gets a second chance.
            if try passes(layers.count) { return false }
            if try passes(layers.count) { return false }
            if passing == 0, try !passes(0) { return true }
            let first = try firstBreaking(after: passing)
            let above = layers[(first + 1)...].map(\.candidate)
            leaveOut(layers[first].candidate, .breaksCheck)
            layers.removeSubrange(first...)
            passing = first
            for candidate in above { try stack(candidate) }
        }
        return false
    }

    /// Returns the index of the first layer with which the check fails; with all layers it does.
    private mutating func firstBreaking(after passing: Int) throws -> Int {
        var (low, high) = (passing, layers.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if try passes(middle + 1) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
