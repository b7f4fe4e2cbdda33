import EventLoop
import Glibc
import Orchestration

/// All by which people steer a leg while it runs: its desk for requests, the clients of its socket, and the
/// look at its manifest.
final class RunHelm {
    let desk: SteeringDesk
    private let loop: any DriverLoop
    private let inbox: Inbox
    private let settings: ControlSettings?
    private let growth: RunGrowth?
    private var room: ControlRoom?
    private var watch: ManifestWatch?

    init(_ outside: Outside, _ request: RunRequest, inbox: Inbox) throws {
        (loop, self.inbox, settings) = (outside.loop, inbox, request.control)
        growth = RunGrowth(request)
        desk = SteeringDesk(
            loop: outside.loop,
            keeper: outside.directories,
            inbox: inbox,
            growth: growth,
            mostSessions: request.control?.mostSessions
        )
        guard let door = outside.control else { return }
        room = try ControlRoom(
            loop: outside.loop,
            door: door,
            desk: desk,
            greeting: ControlMessage.Greeting(
                quire: request.version,
                run: request.run,
                name: request.name,
                pid: TaskOpening.ownPID,
                host: request.control?.host ?? ""
            ),
            user: ControlUser(user: geteuid(), name: request.control?.user)
        )
    }

    /// Lets clients in, hands the reports their way to steer, and begins to look at the manifest; `isKnown`
    /// tells whether the run has a task.
    func open(reports: ReportSet, isKnown: @escaping (String) -> Bool) {
        let person = Steerer(
            client: "its own view",
            uid: geteuid(),
            user: settings?.user,
            pid: TaskOpening.ownPID
        )
        reports.begin(
            steering: RunSteering { [desk] request, then in
                desk.take(request, by: person, then: then)
            }
        )
        room?.open { [inbox] in inbox.add(.warned(Warned(message: $0))) }
        guard let growth else { return }
        watch = try? ManifestWatch(loop: loop, growth: growth) { [inbox] names, path in
            let new = names.filter { !isKnown($0) }
            guard !new.isEmpty else { return }
            let tasks = Format.count(new.count, "new task")
            let some = new.prefix(3).joined(separator: ", ") + (new.count > 3 ? " …" : "")
            inbox.add(
                .warned(
                    Warned(
                        message:
                            "the manifest has \(tasks) (\(some)); to take them up: quire add \(path)"
                    )
                )
            )
        }
        watch?.begin()
    }

    /// Carries a turn out, and lets clients wait after one with requests in it.
    func measure(_ turn: () -> Void) {
        guard let room, desk.takesTurn() else { return turn() }
        let began = loop.now
        turn()
        room.rest(after: loop.now - began)
    }

    func close() {
        watch?.close()
        room?.close()
        desk.close()
    }
}
