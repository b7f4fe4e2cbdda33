import Foundation
import TestSupport
import Testing

/// Becomes a program on a system without pidfds, `clone3` and `close_range`, and leaves it a
/// descriptor that is open across an exec.
private let oldSystem = """
    import ctypes, errno, os, struct, sys
    # pidfd_send_signal, pidfd_open, clone3, close_range: alike on all machines
    refused = [424, 434, 435, 436]
    code = [(0x20, 0, 0, 0)]  # Load the call's number.
    code += [(0x15, len(refused) - place, 0, number) for place, number in enumerate(refused)]
    code += [(0x06, 0, 0, 0x7fff0000), (0x06, 0, 0, 0x00050000 | errno.ENOSYS)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
        sys.exit(98)
    os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
    os.execv(sys.argv[1], sys.argv[1:])
    """

private func onOldSystem(_ words: [String], in directory: String) throws -> Outcome {
    try Program("/usr/bin/env", ["python3", "-c", oldSystem] + words, in: directory).run()
}

/// Whether system calls can be refused here.
private let canRefuse: Bool = {
    let outcome = try? onOldSystem(["/bin/true"], in: "/")
    return outcome?.status == 0
}()

@Suite(.enabled(if: canRefuse, "system calls can't be refused here"))
struct `A system without pidfds` {
    @Test func `exits are learnt by signal, and nothing stays behind`() throws {
        try withRun { run in
            let names = (1...6).map { "t\($0)" }
            try run.write(names.map { ($0, "entries=6 daemons=1") })
            let outcome = try onOldSystem(
                [Program.built("quire"), "run", "m.yaml"],
                in: run.root
            )
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            for name in names { #expect(!run.list(name).contains("- [ ]")) }
            #expect(processes(mentioning: run.root + "/m.yaml").isEmpty)
        }
    }

    @Test func `an agent has no descriptor but its three`() throws {
        try withRun { run in
            try put(
                "#!/bin/sh\nls -l /proc/$$/fd > '\(run.root)/descriptors'\nexit 1\n",
                run.root + "/agent"
            )
            #expect(try shell("chmod +x agent", in: run.root).status == 0)
            try put(
                """
                version: 1
                run: {agent: {command: ["\(run.root)/agent"]}}
                defaults: {same_failure: 1, retries: {limit: 0}}
                tasks: [{name: t, prompt: p}]
                """,
                run.root + "/m.yaml"
            )
            _ = try onOldSystem([Program.built("quire"), "run", "m.yaml"], in: run.root)
            let descriptors = text(run.root + "/descriptors")
            #expect(descriptors.contains("0 -> /memfd:") && !descriptors.contains("/dev/null"))
        }
    }
}
