import Autonomous
import Foundation

/// Hands over the directory of a task in a workspace of its own, which is removed afterwards.
func withTask(_ body: (TaskDirectory) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "quire-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let task = Workspace(root: path).taskDirectory(try TaskName(given: "a"))
    try task.create()
    try body(task)
}
