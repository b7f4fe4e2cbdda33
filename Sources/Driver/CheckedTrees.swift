import EventLoop
import Orchestration
import Trees

/// The trees of tasks in which checks run: what a check writes there is no work of the task's.
final class CheckedTrees {
    /// The call that puts a tree back after its check; it hands on what there is to report.
    typealias PutBack = (_ then: @escaping ([Event]) -> Void) -> Void

    private let loop: Loop
    private let request: RunRequest
    /// The tasks whose checks were told to write into their trees.
    private var told: Set<String> = []

    init(_ loop: Loop, _ request: RunRequest) { (self.loop, self.request) = (loop, request) }

    /// Notes what lies in a task's tree before a check; `then` gets what puts it back.
    ///
    /// Without a tree, or without commits, nothing is noted and nothing put back.
    func note(_ task: String, _ tree: TaskTree?, then: @escaping (@escaping PutBack) -> Void) {
        guard let record = tree?.record, let git = request.git,
            let commits = request.work[task]?.tree?.commits
        else { return then { $0([]) } }
        loop.perform {
            Result { () throws(TreeTrouble) -> CheckedTree in try CheckedTree(record, git) }
        } then: { [self] noted in
            then { [self] done in putBack(task, noted, commits.largestFile, done) }
        }
    }

    private func putBack(
        _ task: String,
        _ noted: Result<CheckedTree, TreeTrouble>,
        _ largestFile: Int64,
        _ then: @escaping ([Event]) -> Void
    ) {
        loop.perform {
            Result { () throws(TreeTrouble) -> String? in
                try noted.get().putBack(largestFile: largestFile)
            }
        } then: { [self] result in
            switch result {
            case .success(nil): then([])
            case .success(let words?):
                then(told.insert(task).inserted ? [.warned(task: task, words)] : [])
            case .failure(let trouble):
                let words = "what its check wrote may be taken for its work: \(trouble)"
                then([.warned(task: task, words)])
            }
        }
    }
}
