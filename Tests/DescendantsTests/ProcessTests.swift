import Glibc
import Orchestration
import Testing

@testable import Descendants

@Suite struct `The identity of a process` {
    @Test func `this process is alive, and its number with another start is not`() {
        let own = ProcessID.own
        #expect(own.pid == getpid() && own.start > 0)
        #expect(own.isAlive && own.mayBeAlive)
        let other = ProcessID(pid: own.pid, start: own.start + 1)
        #expect(!other.isAlive && !other.mayBeAlive)
        // A signal to it would end the tests.
        other.signal(SIGKILL)
        other.signalGroup(SIGKILL)
    }

    @Test func `a number without a start names nobody, and may be anybody`() {
        let unknown = ProcessID(pid: getpid(), start: 0)
        #expect(!unknown.isAlive && unknown.mayBeAlive)
        unknown.signal(SIGKILL)
    }

    @Test func `a number that nobody has is nobody's`() {
        // Numbers have 22 bits at most.
        let nobody = ProcessID(1 << 23)
        #expect(nobody.start == 0 && !nobody.isAlive && !nobody.mayBeAlive)
    }
}

@Suite struct `What a process carries` {
    @Test func `of a variable that occurs twice the last one counts`() {
        let process = SeenProcess(
            id: .own,
            environment: ["QUIRE_RUN=outer", "A=1", "QUIRE_RUN=inner", "QUIRE_RUNNER=x"]
        )
        #expect(process.value("QUIRE_RUN") == "inner")
    }

    @Test func `a mark is read as it was written`() throws {
        let key = SessionKey(task: "a/b=c", number: 12)
        let variables = SessionMark.variables(
            run: "/w/m=1.yaml",
            session: key,
            directory: "/w/t",
            runner: RunnerMark.own.text
        )
        let mark = try #require(SessionMark(of: SeenProcess(id: .own, environment: variables)))
        #expect(mark.run == "/w/m=1.yaml" && mark.session == key && mark.directory == "/w/t")
        #expect(mark.runner == .own)
    }

    @Test(arguments: ["", "1/2", "1/2/3/4", "x/2/n", "1/-2/n"])
    func `a text that is no runner's is none`(text: String) {
        #expect(RunnerMark(text) == nil)
    }

    @Test(arguments: [1, 65_535, 65_536, 70_000])
    func `a label tells its runner, its directory and its session's last bits`(number: Int) throws {
        let label = SessionLabel(place: "/w/t", session: number)
        let read = try #require(SessionLabel(label.value))
        #expect(read.runner == getpid() && read.place == SessionLabel.hash("/w/t"))
        #expect(read.session == number % 65_536)
    }
}
