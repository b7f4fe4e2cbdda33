import Orchestration
import Reporting
import Testing

@testable import Driver

/// A terminal that keeps what is written to it.
private final class FakeDevice: ScreenDevice {
    var screenSize = ScreenSize(columns: 80, rows: 10)
    var isBehind = false
    var isShown = false
    var isResumed = false
    var isClosed = false
    var onChange: () -> Void = {}
    var onBytes: ([UInt8]) -> Void = { _ in }
    /// The frames, each a text; empty ones are left out.
    var frames: [String] = []

    func show() { isShown = true }
    func close() { (isShown, isClosed) = (false, true) }
    func write(_ text: String) { if !text.isEmpty { frames.append(text) } }
    func recoverIfResumed() -> Bool {
        defer { isResumed = false }
        return isResumed
    }
}

@Suite struct `The screen of a run` {
    private final class Stage {
        let loop = FakeLoop()
        let device = FakeDevice()
        var contents = ScreenContents(view: RunView())
        var requests: [SteeringRequest] = []
        var answer = SteeringAnswer.accepted("so be it", tasks: [])
        var hasQuit = false
        var reads = 0
        private(set) var screen: RunScreen?

        init() throws {
            let plan = RunPlan(concurrency: 2, tasks: [TaskPlan(name: "a"), TaskPlan(name: "b")])
            contents.view.apply(
                .runBegan(RunBegan(run: "r", name: "demo", pid: 1, quireVersion: "0", plan: plan)),
                at: Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
            )
            screen = try RunScreen(
                on: loop,
                device,
                host: .watch,
                usesColor: false,
                connection: RunScreen.Connection(
                    contents: { [unowned self] in contents },
                    details: { TaskDetails(task: $0) },
                    steer: { [unowned self] request, then in
                        requests.append(request)
                        then(answer)
                    },
                    quit: { [unowned self] in hasQuit = true }
                )
            )
        }

        func type(_ text: String) { device.onBytes(Array(text.utf8)) }
    }

    @Test func `is drawn at most ten times a second, and with signs of life alone twice`() throws {
        for (isActivity, most) in [(false, 10), (true, 2)] {
            let stage = try Stage()
            stage.screen?.changed()
            stage.loop.advance(.zero)
            #expect(stage.device.isShown && stage.device.frames.count == 1)
            stage.device.frames = []
            for step in 0..<1000 {
                stage.contents.notices = ["\(step)"]
                stage.screen?.changed(isActivity: isActivity)
                stage.loop.advance(.milliseconds(1))
            }
            #expect((most - 1...most).contains(stage.device.frames.count))
        }
    }

    @Test func `writes nothing while nothing changes, and never waits for a terminal`() throws {
        let stage = try Stage()
        stage.contents.status = "finished"
        stage.screen?.changed()
        stage.loop.advance(.seconds(3600))
        #expect(stage.device.frames.count == 1)
        stage.device.isBehind = true
        stage.contents.notices = ["news"]
        stage.screen?.changed()
        stage.loop.advance(.seconds(10))
        #expect(stage.device.frames.count == 1)
        stage.device.isBehind = false
        stage.loop.advance(.milliseconds(100))
        #expect(stage.device.frames.count == 2 && stage.device.frames[1].contains("news"))
    }

    @Test func `is drawn anew after a stop, a new size and Ctrl-L`() throws {
        let stage = try Stage()
        stage.screen?.changed()
        stage.loop.advance(.seconds(1))
        func isNew() -> Bool {
            stage.device.frames = []
            stage.loop.advance(.seconds(1))
            return stage.device.frames.contains { $0.contains("\u{1B}[2J") }
        }
        #expect(!isNew())
        stage.device.isResumed = true
        #expect(isNew())
        stage.device.screenSize.columns = 40
        stage.device.onChange()
        #expect(isNew())
        stage.type("\u{C}")
        #expect(isNew())
    }

    @Test func `passes requests on, shows the answer, and leaves at a q`() throws {
        let stage = try Stage()
        stage.screen?.changed()
        stage.loop.advance(.seconds(1))
        stage.type("p")
        stage.loop.advance(.milliseconds(100))
        #expect(stage.requests == [.pause(afterSessions: true)])
        #expect(stage.device.frames.last?.contains("so be it") == true)
        stage.answer = .refused("it has ended")
        stage.type("r")
        stage.loop.advance(.milliseconds(100))
        #expect(stage.device.frames.last?.contains("not done: it has ended") == true)
        // An escape that nothing follows takes the filter away; one with more is a key.
        stage.type("/b\r\u{1B}")
        stage.loop.advance(.milliseconds(200))
        stage.type("\u{1B}[B")
        stage.loop.advance(.milliseconds(200))
        #expect(stage.device.frames.last?.contains("> b") == true)
        #expect(!stage.hasQuit)
        stage.type("q")
        #expect(stage.hasQuit)
        stage.screen?.close()
        #expect(stage.device.isClosed)
    }

    @Test func `reads the open task again and again, and no other`() throws {
        let stage = try Stage()
        stage.screen?.changed()
        stage.loop.advance(.seconds(1))
        stage.type("\r")
        stage.loop.advance(.seconds(3))
        #expect(stage.device.frames.contains { $0.contains("checklist") })
        stage.device.frames = []
        stage.type("q")
        stage.loop.advance(.seconds(1))
        #expect(stage.device.frames.contains { $0.contains("demo") })
    }
}
