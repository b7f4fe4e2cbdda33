import Subprocess
import SystemPackage

// subprocess-runner PROGRAM TIMES SLOTS: runs a program so many times, so many at once, and counts
// what it prints: what one would write with swift-subprocess and a task group.

guard CommandLine.arguments.count == 4, let times = Int(CommandLine.arguments[2]),
    let slots = Int(CommandLine.arguments[3])
else { fatalError("usage: subprocess-runner PROGRAM TIMES SLOTS") }
let program = CommandLine.arguments[1]

let total = try await withThrowingTaskGroup(of: Int.self) { group in
    var (started, bytes) = (0, 0)
    func start() {
        started += 1
        group.addTask {
            try await run(
                .path(FilePath(program)),
                output: .bytes(limit: 1 << 20),
                error: .discarded
            ).standardOutput.count
        }
    }
    while started < min(slots, times) { start() }
    while let count = try await group.next() {
        bytes += count
        if started < times { start() }
    }
    return bytes
}
print(total)
