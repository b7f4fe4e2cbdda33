import Codec
import EventLoop
import Orchestration

/// The clients of a run's control socket: few, each with one request at a time, and none that the run waits
/// for.
///
/// Requests take at most a tenth of the loop's time: after a turn with requests, no further one is read for
/// nine times as long as the turn took.
final class ControlRoom {
    private struct Client {
        var link: any ControlLink
        /// The time of the newest request, or of the connection.
        var since: Duration
        var isWaiting = false
    }

    private static let mostClients = 32
    /// The most time without requests after a turn with some.
    private static let longestRest = Duration.seconds(1)

    private let loop: any DriverLoop
    private let door: any ControlDoor
    private let desk: SteeringDesk
    private let greeting: [UInt8]
    private let user: ControlUser
    /// The clients by their numbers.
    private var clients: [Int: Client] = [:]
    private var newest = 0
    private var restsUntil = Duration.zero
    /// The connections that are to be read from after the rest.
    private var resting: [() -> Void] = []
    private var timer: (any DriverTimer)?

    init(
        loop: any DriverLoop,
        door: any ControlDoor,
        desk: SteeringDesk,
        greeting: ControlMessage.Greeting,
        user: ControlUser
    ) throws {
        (self.loop, self.door, self.desk) = (loop, door, desk)
        (self.greeting, self.user) = (ControlMessage.line(greeting), user)
        timer = try loop.timer { [unowned self] in goOn() }
    }

    /// Lets clients in; `warn` gets the reason if none can connect.
    func open(warn: @escaping (String) -> Void) {
        door.open(on: loop, warn: warn) { [unowned self] in accept($0) }
    }

    /// Rests after a turn with requests, which took so long.
    func rest(after work: Duration) {
        restsUntil = loop.now + min(Self.longestRest, work * 9)
    }

    /// Ends all connections, and lets nobody in any more.
    func close() {
        door.close()
        timer?.close()
        for client in clients.values { client.link.close() }
        (clients, resting) = ([:], [])
    }

    private func accept(_ link: any ControlLink) {
        guard let peer = link.peer, user.mayConnect(peer), makeRoom() else {
            return link.close()
        }
        newest += 1
        let id = newest
        clients[id] = Client(link: link, since: loop.now)
        link.send(greeting)
        whenRested { [unowned self, weak link] in
            link?.begin(lineLimit: ControlMessage.longestLine) { [unowned self] event in
                received(event, from: id, peer)
            }
        }
    }

    /// Drops the client that has asked nothing for the longest time, if there are too many.
    private func makeRoom() -> Bool {
        guard clients.count >= Self.mostClients else { return true }
        let idle = clients.filter { !$0.value.isWaiting }
            .min { ($0.value.since, $0.key) < ($1.value.since, $1.key) }
        guard let idle else { return false }
        idle.value.link.close()
        clients[idle.key] = nil
        return true
    }

    private func received(
        _ event: LocalConnection.Event,
        from id: Int,
        _ peer: LocalPeer
    ) {
        switch event {
        case .end: clients[id] = nil
        case .tooLong:
            let most = Format.count(ControlMessage.longestLine, "byte")
            refuse(id, "a line of the control protocol has at most \(most)")
        case .line(let line): take(line, from: id, peer)
        }
    }

    private func take(_ line: [UInt8], from id: Int, _ peer: LocalPeer) {
        let request: ControlMessage.Request
        do {
            let text = String(decoding: line, as: UTF8.self)
            request = try FactDecoder.decode(ControlMessage.Request.self, from: text)
        } catch {
            return refuse(id, ControlMessage.words(on: error))
        }
        guard request.protocol == ControlMessage.version else {
            let words =
                "this run speaks version \(ControlMessage.version) of the control protocol, not "
                + "\(request.protocol): use the quire that carries it out"
            return refuse(id, words, of: request.id)
        }
        clients[id]?.isWaiting = true
        clients[id]?.since = loop.now
        let person = Steerer(
            client: request.client.oneLine(40),
            uid: peer.user,
            user: user.name(of: peer.user),
            pid: peer.process
        )
        desk.take(request.request, by: person) { [weak self] answer in
            self?.answer(id, request.id, answer)
        }
    }

    private func answer(_ id: Int, _ request: Int, _ answer: SteeringAnswer) {
        guard let link = clients[id]?.link else { return }
        clients[id]?.isWaiting = false
        link.send(ControlMessage.line(ControlMessage.Reply(id: request, answer)))
        whenRested { [weak link] in link?.resume() }
    }

    /// Refuses a line, and ends the connection: nothing that follows could be trusted.
    private func refuse(_ id: Int, _ reason: String, of request: Int? = nil) {
        guard let client = clients.removeValue(forKey: id) else { return }
        client.link.send(ControlMessage.line(ControlMessage.Reply(id: request, .refused(reason))))
        client.link.close()
    }

    private func whenRested(_ body: @escaping () -> Void) {
        guard restsUntil > loop.now else { return body() }
        resting.append(body)
        timer?.set(restsUntil)
    }

    private func goOn() {
        guard restsUntil <= loop.now else {
            timer?.set(restsUntil)
            return
        }
        let bodies = resting
        resting = []
        for body in bodies { body() }
    }
}

/// A connection of a client; see `LocalConnection`.
protocol ControlLink: AnyObject {
    var peer: LocalPeer? { get }
    func begin(lineLimit: Int, receive: @escaping (LocalConnection.Event) -> Void)
    func resume()
    func send(_ line: [UInt8])
    func close()
}

extension LocalConnection: ControlLink {}

/// The place where clients come in.
protocol ControlDoor: AnyObject {
    /// Lets clients in; `warn` gets the reason if none can connect.
    func open(
        on loop: any DriverLoop,
        warn: @escaping (String) -> Void,
        accept: @escaping (any ControlLink) -> Void
    )
    func close()
}

/// The user whose run it is, and who else may steer it: root.
struct ControlUser: Sendable {
    var user: UInt32
    var name: String?

    func mayConnect(_ peer: LocalPeer) -> Bool { peer.user == user || peer.user == 0 }

    func name(of other: UInt32) -> String? { other == user ? name : other == 0 ? "root" : nil }
}

extension ControlMessage {
    /// Returns words for a line that is no request.
    fileprivate static func words(on error: any Error) -> String {
        if let newer = error as? NewerFormat {
            return
                "the request has something that this quire does not know: \(newer.description.oneLine(80))"
        }
        return "that is no request of the control protocol: see quire help control"
    }
}
