import Benchmark
import CodexEvents

/// The output of a busy session: commands with an output each, as Codex tells them.
func sessionOutput(megabytes: Int, outputLength: Int) -> [UInt8] {
    let output = String(repeating: "0123456789abcde\\n", count: max(1, outputLength / 17))
    var bytes = Array(
        """
        {"type":"thread.started","thread_id":"019a8f5e-0000-7000-8000-000000000000"}
        {"type":"turn.started"}

        """.utf8
    )
    bytes.reserveCapacity(megabytes * 1_000_000 + 4096)
    var number = 0
    while bytes.count < megabytes * 1_000_000 {
        let item = """
            "id":"item_\(number)","type":"command_execution","command":"make \(number)"
            """
        bytes += Array(
            """
            {"type":"item.started","item":{\(item),"aggregated_output":"",\
            "exit_code":null,"status":"in_progress"}}
            {"type":"item.completed","item":{\(item),"aggregated_output":"\(output)",\
            "exit_code":0,"status":"completed"}}

            """.utf8
        )
        number += 1
    }
    return bytes
}

/// Decodes in the pieces that a pipe delivers, as a run does.
func decode(_ bytes: [UInt8]) -> Int {
    var decoder = EventDecoder(steps: .newest)
    var count = 0
    let all = bytes.span
    for start in stride(from: 0, to: all.count, by: 65_536) {
        decoder.decode(all.extracting(start..<min(start + 65_536, all.count))) { _ in count += 1 }
    }
    decoder.finish { _ in count += 1 }
    return count + decoder.passed
}

func decoderBenchmarks() {
    for (megabytes, length) in [(13, 500), (43, 40)] {
        Benchmark(
            "decoder: \(megabytes) MB of events with \(length)-byte outputs",
            configuration: .init(metrics: [.wallClock, .megabytesPerSecond])
        ) { benchmark in
            let bytes = sessionOutput(megabytes: megabytes, outputLength: length)
            measure(benchmark, .megabytesPerSecond, amount: Double(bytes.count) / 1e6) {
                blackHole(decode(bytes))
            }
        }
    }
}
