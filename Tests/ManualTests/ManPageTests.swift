import Foundation
import Manual
import TestSupport
import Testing

/// True if `man` of man-db is installed, and with it the programs that it calls.
private let hasMan: Bool = {
    let outcome = try? withWorkspace { directory in
        try Program("/bin/sh", ["-c", "man --version && groff --version"], in: directory).run()
    }
    return outcome?.status == 0 && outcome?.output.hasPrefix("man 2") == true
}()

@Suite struct `The man pages` {
    @Test(
        .enabled(if: hasMan, "man (man-db) is not installed"),
        arguments: [nil] + Topic.all.map(\.name)
    )
    func `are shown without a warning`(topic: String?) throws {
        let source = try quire(["help", "--man"] + [topic].compactMap { $0 })
        #expect(source.status == 0)
        try withWorkspace { directory in
            let name = topic.map { "quire-\($0).7" } ?? "quire.1"
            try source.output.write(
                toFile: directory + "/" + name,
                atomically: true,
                encoding: .utf8
            )
            for width in [60, 80, 120] {
                var program = Program(
                    "/bin/sh",
                    ["-c", "man --warnings=w -l ./\(name)"],
                    in: directory
                )
                program.environment = ["MANWIDTH": "\(width)", "MAN_KEEP_FORMATTING": ""]
                let shown = try program.run()
                #expect(shown.status == 0 && shown.error.isEmpty, "\(width): \(shown.error)")
                let page = unwrapped(shown.output.replacing(/.\u{8}/, with: ""))
                #expect(page.contains("NAME"))
                if let topic {
                    let summary = try #require(Topic.named(topic)).summary
                    #expect(
                        page.contains("quire-\(topic) - " + plain(summary)),
                        "\(page.prefix(400))"
                    )
                } else {
                    for topic in Topic.all { #expect(page.contains("quire-\(topic.name)(7)")) }
                    #expect(page.contains("quire merge [TASK...]"))
                }
            }
        }
    }

    private func plain(_ text: String) -> String { unwrapped(text.replacing("`", with: "")) }

    @Test func `are printed for topics only`() throws {
        let outcome = try quire(["help", "--man", "nope"])
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        let names = try quire(["help", "--topics"])
        #expect(names.output.split(separator: "\n").map(String.init) == Topic.all.map(\.name))
    }
}
