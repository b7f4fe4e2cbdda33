import Orchestration
import Testing

@testable import Manifest

@Suite struct `A matrix from a file` {
    /// Returns a manifest's tasks and mistakes, with a file that its matrix names.
    private func read(
        _ file: String,
        path: String = "services.csv",
        name: String = "port-{service}",
        more: String = ""
    ) -> (tasks: [Manifest.Task], mistakes: [String]) {
        let files = Builder.Files(
            read: { path throws(ManifestSource.Refusal) in
                guard path.hasPrefix("/w/services.") else {
                    throw ManifestSource.Refusal("there is no such file; check the path")
                }
                return file
            },
            isDirectory: { _ in true }
        )
        let text = """
            version: 1
            tasks:
              - name: "\(name)"
                matrix: {from: \(path)\(more)}
                prompt: "Port {service} by {owner}."
              - {name: last, prompt: b, needs: ["\(name)"]}
            """
        do {
            let manifest = try Manifest.parse(
                text: text,
                path: "m.yaml",
                absolute: "/w/m.yaml",
                files: files
            )
            return (manifest.tasks, [])
        } catch {
            return ([], error.diagnostics.map(\.description))
        }
    }

    @Test(arguments: [
        ("services.csv", "service,owner\nauth,Ada\nbilling,Bob\n"),
        ("services.csv", "service,owner\r\nauth,Ada\r\n\r\n\"billing\",\"Bob\""),
        ("services.csv", "owner,service,unused\nAda,auth,1\nBob,billing,\n"),
        (
            "services.jsonl",
            #"{"service": "auth", "owner": "Ada"}"# + "\n" + #"{"owner":"Bob","service":"billing"}"#
        ),
        (
            "services.ndjson",
            #"{"service": "\u0061uth", "owner": "Ada"}"# + "\n\n"
                + #"{"owner":"Bob","service":"billing"}"# + "\n"
        ),
    ])
    func `makes a task for each row`(path: String, text: String) {
        let (tasks, mistakes) = read(text, path: path)
        #expect(mistakes == [])
        #expect(tasks.map(\.plan.name) == ["port-auth", "port-billing", "last"])
        #expect(tasks.prefix(2).map(\.prompt) == ["Port auth by Ada.", "Port billing by Bob."])
        #expect(tasks.last?.plan.needs == ["port-auth", "port-billing"])
    }

    @Test func `takes quoted values as they are`() {
        let (tasks, mistakes) = read("service,owner\nauth,\"Ada, \"\"A\"\" \n{Lovelace}\"\n")
        #expect(mistakes == [])
        #expect(tasks.first?.prompt == "Port auth by Ada, \"A\" \n{Lovelace}.")
    }

    @Test func `is combined with other keys`() {
        let (tasks, mistakes) = read(
            "service,owner\nauth,Ada\nbilling,Bob\n",
            name: "port-{service}-{os}",
            more: ", os: [linux, mac]"
        )
        #expect(mistakes == [])
        #expect(tasks.count == 5)
        #expect(tasks[1].plan.name == "port-auth-mac")
    }

    @Test func `is an ordinary key where it is a list`() {
        let text = """
            version: 1
            tasks: [{name: "a-{from}", matrix: {from: [x, y]}, prompt: b}]
            """
        #expect(messages(text) == [])
    }

    @Test(arguments: [
        ("", "/w/services.csv:1:1: it is empty; its first line names the columns"),
        (
            "service,owner\n",
            "\"/w/services.csv\" has no rows, so there is no task \"port-{service}\""
        ),
        ("service,owner\nauth\n", "/w/services.csv:2:1: it has 1 value, and there are 2 columns"),
        ("service,owner\n\"a\nb\",c\nd\n", "/w/services.csv:4:1: it has 1 value"),
        ("service,owner\n\"auth,Ada\n", "/w/services.csv:2:1: a quotation mark is never closed"),
        (
            "service,owner\n\"auth\"x,Ada\n",
            "/w/services.csv:2:1: after a quoted value comes neither"
        ),
        (
            "service,the owner\nauth,Ada\n",
            "/w/services.csv:1:1: \"the owner\" can't be a column's name"
        ),
        ("service,service\nauth,Ada\n", "the column \"service\" stands there twice"),
        ("owner\nAda\nBob\n", "{service} names nothing in the task's matrix"),
        ("service,owner\nauth,Ada\nauth,Bob\n", "task \"port-auth\" is already defined"),
    ])
    func `is refused with the line that is wrong`(text: String, words: String) {
        let mistakes = read(text, name: text.hasPrefix("owner") ? "port-{owner}" : "port-{service}")
            .mistakes
        #expect(mistakes.count >= 1)
        #expect(mistakes.contains { $0.contains(words) }, "\(mistakes)")
    }

    @Test(arguments: [
        ("[1]", "services.jsonl:1:1: it is no JSON object in one line"),
        ("{\"service\": \"a\", \"owner\": null}", "\"owner\" is neither a text nor a number"),
        (
            "{\"service\": \"a\", \"owner\": \"b\"}\n{\"service\": \"c\"}",
            ":2:1: its keys are not those of the first line: service, owner"
        ),
        ("{\"service\": \"a\"", "it is no JSON object"),
    ])
    func `of JSON Lines is refused with the line that is wrong`(text: String, words: String) {
        let mistakes = read(text, path: "services.jsonl").mistakes
        #expect(mistakes.contains { $0.contains(words) }, "\(mistakes)")
    }

    @Test func `is there, and its columns stand in the name`() {
        #expect(
            read("", path: "other.csv").mistakes.first?.contains(
                "can't be used: there is no such file"
            ) == true
        )
        let alike = read("service,owner\nauth,Ada\nbilling,Bob\n", name: "port").mistakes
        #expect(
            alike.contains {
                $0.contains("must contain a column of \"/w/services.csv\" (service, owner)")
            }
        )
        let twice = read("service,owner\nauth,Ada\n", more: ", owner: [x]").mistakes
        #expect(
            twice.contains { $0.contains("\"owner\" is a column of /w/services.csv, too") },
            "\(twice)"
        )
    }
}
