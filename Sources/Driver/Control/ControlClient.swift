import EventLoop
import FileAccess
import Glibc
package import Orchestration

/// A connection to the control socket of a run under way.
///
/// All functions block; a program with a loop calls them on a worker thread.
package struct ControlClient: ~Copyable {
    /// The time for the greeting, which waits for no disk.
    private static let patience = Duration.seconds(5)

    /// The run's greeting.
    package let greeting: ControlMessage.Greeting
    private let client: String
    private var connection: LocalClient
    private var requests = 0

    /// Connects to a run, by its id, in a state directory; `client` names the program, for people.
    ///
    /// - Throws: `ControlTrouble`.
    package init(
        run: String,
        in stateDirectory: String,
        client: String
    ) throws(ControlTrouble) {
        guard let directory = try? Directory.open(stateDirectory, made: false),
            let address = ControlPlace.find(run, in: directory)
        else { throw .nobody }
        // The address leads through the directory as long as it is open.
        var connection = try withExtendedLifetime(directory) { () throws(ControlTrouble) in
            try Self.connect(to: address)
        }
        // Another user who could make a socket there could play the run.
        guard let peer = connection.peer, peer.user == geteuid() || peer.user == 0 else {
            throw .otherUser
        }
        let greeting = try Self.greeting(of: &connection)
        guard greeting.run == run else { throw .nobody }
        (self.greeting, self.client) = (greeting, client)
        self.connection = connection
    }

    /// Sends a request and returns the answer, which waits until the run's journal has what was decided.
    ///
    /// - Throws: `ControlTrouble`; after `late` or `lost` the request may have been carried out.
    package mutating func send(
        _ request: SteeringRequest,
        patience: Duration = .seconds(60)
    ) throws(ControlTrouble) -> SteeringAnswer {
        requests += 1
        let message = ControlMessage.Request(id: requests, client: client, request)
        do {
            try connection.send(ControlMessage.line(message), patience: patience)
            while true {
                guard
                    let line = try connection.line(
                        limit: ControlMessage.longestLine,
                        patience: patience
                    )
                else { throw ControlTrouble.lost }
                guard let reply = ControlMessage.read(ControlMessage.Reply.self, line) else {
                    throw ControlTrouble.lost
                }
                // The answer to a request that was given up on may come first.
                if reply.id == nil || reply.id == requests { return reply.answer }
            }
        } catch let error as ControlTrouble {
            throw error
        } catch let error as LoopError where error.errno == ETIMEDOUT {
            throw .late
        } catch {
            throw .lost
        }
    }

    private static func connect(to address: String) throws(ControlTrouble) -> LocalClient {
        do throws(LoopError) {
            return try LocalClient(path: address)
        } catch {
            switch error.errno {
            case ENOENT, ECONNREFUSED: throw .nobody
            case EACCES, EPERM: throw .otherUser
            case ETIMEDOUT: throw .late
            default: throw .unreachable("\(error)")
            }
        }
    }

    private static func greeting(
        of connection: inout LocalClient
    ) throws(ControlTrouble) -> ControlMessage.Greeting {
        let line: [UInt8]?
        do throws(LoopError) {
            line = try connection.line(limit: ControlMessage.longestLine, patience: patience)
        } catch {
            throw error.errno == ETIMEDOUT ? .late : .lost
        }
        // A run that ends meanwhile, or that has too many clients, closes the connection.
        guard let line else { throw .lost }
        guard let versions = ControlMessage.read(ControlMessage.Versions.self, line) else {
            throw .lost
        }
        guard versions.protocol == ControlMessage.version,
            let greeting = ControlMessage.read(ControlMessage.Greeting.self, line)
        else { throw .otherVersion(versions.quire) }
        return greeting
    }
}

/// The reason why a run can't be steered, or did not answer.
package enum ControlTrouble: Error, Hashable, CustomStringConvertible {
    /// No run of this id is under way here.
    case nobody
    /// The run is another user's.
    case otherUser
    /// The run is carried out by another version of Quire, which speaks another protocol.
    case otherVersion(String)
    /// The run's socket can't be reached.
    case unreachable(String)
    /// The run closed the connection: it is ending, or has too many clients.
    case lost
    /// The run did not answer in time: its disk may be full, or its process stopped.
    case late

    /// The reason in words, and what to do.
    package var description: String {
        switch self {
        case .nobody: "no such run is under way here"
        case .otherUser: "the run is another user's: only that user, or root, can steer it"
        case .otherVersion(let version):
            "the run is carried out by quire \(version), which this one can't steer: use that version"
        case .unreachable(let words): "the run's control socket can't be reached: \(words)"
        case .lost:
            "the run closed the connection: it has just ended, or too many clients are connected; see "
                + "quire status, and try again"
        case .late:
            "the run does not answer: its disk may be full, or its process stopped; see quire status. It "
                + "may carry the request out later"
        }
    }
}
