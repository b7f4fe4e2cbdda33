import Foundation
import TestSupport

/// An OpenSSH server of the test's own on loopback, and an `ssh` that knows it as `node0`, `node1`
/// and so on.
struct SSHServer {
    /// Whether the programs it takes are installed.
    static var isInstalled: Bool {
        ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    private let root: String

    /// A `PATH` in which `ssh` is the one that knows the server.
    var path: String {
        root + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    }

    /// Starts the server; its files lie in a directory that must not be open to others.
    init(in directory: String) throws {
        root = directory
        // Somebody else may take the port before the server does.
        for attempt in 1... {
            do {
                try start()
                return
            } catch  where attempt < 5 {
                continue
            }
        }
    }

    private func start() throws {
        let port = try freePort()
        try put(
            """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(root)/host
            AuthorizedKeysFile \(root)/user.pub
            PidFile \(root)/sshd.pid
            UsePAM no
            PasswordAuthentication no
            PermitRootLogin prohibit-password
            StrictModes no
            MaxStartups 100
            MaxSessions 100
            """,
            root + "/sshd_config"
        )
        try put(
            """
            Host node*
              HostName 127.0.0.1
              Port \(port)
              IdentityFile \(root)/user
              UserKnownHostsFile \(root)/known
              StrictHostKeyChecking accept-new
              LogLevel ERROR
            """,
            root + "/ssh_config"
        )
        try script("exec /usr/bin/ssh -F \(root)/ssh_config \"$@\"", root + "/bin/ssh")
        let started = try shell(
            """
            for key in host user; do
              test -e $key || ssh-keygen -q -t ed25519 -N '' -f $key || exit
            done
            if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi
            /usr/sbin/sshd -f "$PWD/sshd_config" -E "$PWD/sshd.log" || exit
            for attempt in $(seq 600); do
              bin/ssh node0 true && exit
              sleep 0.1
            done
            exit 1
            """,
            in: root
        )
        guard started.status == 0 else {
            stop()
            throw SetupError(words: "sshd: \(started.error) \(text(root + "/sshd.log"))")
        }
    }

    /// Breaks every connection, as a network does: the agents there hear of it, nobody here does.
    func breakConnections() {
        _ = try? shell("pkill -KILL -P \"$(cat sshd.pid)\"", in: root)
    }

    func stop() {
        breakConnections()
        _ = try? shell("kill \"$(cat sshd.pid)\"", in: root)
        // The agents there have heard of the end of their connections, and may be on their way.
        endProcesses(mentioning: "QUIRE_RUN=" + (root as NSString).deletingLastPathComponent)
    }
}

/// Why something that a test needs could not be set up.
struct SetupError: Error {
    var words: String
}

/// A port of the loopback that nobody has now.
func freePort() throws -> Int {
    let outcome = try shell(
        "python3 -c 'import socket; s=socket.socket(); s.bind((\"127.0.0.1\",0)); print(s.getsockname()[1])'",
        in: "/"
    )
    guard let port = Int(outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)) else {
        throw SetupError(words: "no free port: \(outcome.error)")
    }
    return port
}

/// The commands of a topic's first block after some words, a line each.
func manual(_ topic: String, after words: String) throws -> [String] {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/quire/Manual/\(topic).md")
    let all = try String(contentsOf: path, encoding: .utf8)
    guard let place = all.range(of: words),
        let begin = all.range(of: "```sh\n", range: place.upperBound..<all.endIndex),
        let end = all.range(of: "```", range: begin.upperBound..<all.endIndex)
    else { throw SetupError(words: "the manual has no commands after \"\(words)\" in \(topic)") }
    return all[begin.upperBound..<end.lowerBound].split(separator: "\n").map(String.init)
}
