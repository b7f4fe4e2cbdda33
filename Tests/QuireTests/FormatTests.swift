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

@Test
func `nothing writes to standard output and error but what makes text safe and tells of failure`()
    throws
{
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")
    let files = try #require(
        FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    )
    // The stand-in for Codex is a program of its own.
    for case let file as URL in files
    where file.pathExtension == "swift" && !file.path.contains("/CodexSim/") {
        for line in text(file.path).split(separator: "\n") where !line.contains("///") {
            let writes = line.contains(
                #/\b(print|debugPrint|dump|fputs|puts|fwrite)\(|FileHandle\.standard(Output|Error)/#
            )
            #expect(!writes, "\(file.lastPathComponent): \(line)")
        }
    }
}
