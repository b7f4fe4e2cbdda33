import Foundation
import TestSupport
import Testing

@Test func `the sources are formatted`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    let folders = ["Sources", "Tests", "Benchmarks", "Package.swift"].filter {
        FileManager.default.fileExists(atPath: root + "/" + $0)
    }
    let outcome = try Program(
        "/usr/bin/env",
        [
            "swift", "format", "lint", "--strict", "--recursive", "--configuration",
            "config/swift-format.json",
        ] + folders,
        in: root
    ).run()
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
}
