import Application
import Testing

@Suite struct `A hint's command line` {
    private static func call(_ words: [String], manifest: String = "m.yaml") -> CalledCommand {
        CalledCommand("quire run", words, manifest: manifest, dropping: ["--json", "--prompts"])
    }

    @Test(arguments: [
        ("m.yaml", "m.yaml"), ("m.yaml --redo a", "m.yaml"), ("--redo=a,b m.yaml", "m.yaml"),
        ("m.yaml --redo a --keep-lists --redo b", "m.yaml"),
        (
            "m.yaml --retry-failed --junit F --markdown=G",
            "m.yaml --retry-failed --junit F --markdown=G"
        ),
        ("--state-dir s m.yaml --only a,b --skip c", "--state-dir s m.yaml --only a,b --skip c"),
        (
            "m.yaml --concurrency 2 --durable --fail-fast",
            "m.yaml --concurrency 2 --durable --fail-fast"
        ),
        ("m.yaml --json --prompts --shard 1/2", "m.yaml --shard 1/2"),
        ("m.yaml --events /dev/fd/63 --junit j", "m.yaml --junit j"),
        ("m.yaml --events=/dev/fd/63 --progress none", "m.yaml --progress none"),
        ("m.yaml --events - --drain-timeout 5m", "m.yaml --events - --drain-timeout 5m"),
        ("-- m.yaml", "-- m.yaml"),
    ])
    func `keeps each option of the call but for what has happened`(given: String, kept: String) {
        let words = given.split(separator: " ").map(String.init)
        #expect(Self.call(words).goingOn() == "quire run " + kept)
        #expect(Self.call(words).condition == "")
    }

    @Test func `adds what is not there, before what is no option, and quotes its words`() {
        let again = ["--retry-failed"]
        #expect(
            Self.call(["m.yaml", "--retry-failed"]).goingOn(adding: again)
                == "quire run m.yaml --retry-failed"
        )
        #expect(
            Self.call(["--", "m.yaml"]).goingOn(adding: again)
                == "quire run --retry-failed -- m.yaml"
        )
        #expect(
            Self.call(["my tasks.yaml", "--only", "a*"], manifest: "my tasks.yaml").goingOn()
                == "quire run 'my tasks.yaml' --only 'a*'"
        )
    }

    @Test(arguments: ["/dev/fd/63", "/proc/self/fd/3", "/dev/stdin", "-"])
    func `asks for a manifest once more that came from a stream`(manifest: String) {
        let call = Self.call([manifest, "--only", "a"], manifest: manifest)
        #expect(call.goingOn() == "quire run - --only a")
        #expect(call.condition == " with the manifest on standard input again")
    }

    @Test func `names other tasks to begin anew beside those that were named`() {
        let call = Self.call(["m.yaml", "--redo", "a"])
        #expect(call.text(adding: ["--redo", "b,c"]) == "quire run m.yaml --redo a --redo b,c")
        #expect(call.text(adding: ["--keep-lists"]) == "quire run m.yaml --redo a --keep-lists")
    }
}
