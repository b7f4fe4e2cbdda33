import Application
import Autonomous
import Driver
import FileAccess
import Glibc
import Orchestration
import Reporting
import RunStore

/// A look at a run that another process carries out, again and again: by its store, as `quire status` looks.
///
/// While nothing changes, a look costs a few calls of the system. The value goes to a worker thread for a look,
/// and comes back with it.
struct RunWatch: Sendable {
    /// The activity of a session, as its log's end tells it, with the time and the size of the log.
    private struct Activity: Sendable {
        var at: Duration
        var size: Int64
        var words: String?
    }

    let run: String
    let stateDirectory: String
    let place: Workspace
    let desk: TaskDesk
    private var reader: StoreReader?
    private var leg: LegRecord?
    private var status = ""
    /// The sizes and times of the store's files at the last look.
    private var seen: [String] = []
    private var activities: [SessionKey: Activity] = [:]
    private var contents: ScreenContents?

    /// Makes the watch of a run.
    init(_ run: String, in stateDirectory: String, _ place: Workspace, redactor: Redactor) {
        (self.run, self.stateDirectory, self.place) = (run, stateDirectory, place)
        desk = TaskDesk(
            run: run,
            in: place,
            stateDirectory: stateDirectory,
            redactor: redactor
        )
    }

    /// Returns the run's contents if they have changed since the last look; `nil` if not.
    ///
    /// - Throws: `Trouble` if the store can't be read, or has lost the run.
    mutating func look(at now: Moment) throws -> ScreenContents? {
        let (stamps, state) = (stamps, leg?.status(in: stateDirectory) ?? "")
        let isNews = contents == nil || stamps != seen || state != status
        if isNews { try read(stamps, at: now) }
        guard var contents else { return nil }
        let isAlive = noteActivities(of: &contents, at: now)
        self.contents = contents
        return isNews || isAlive ? contents : nil
    }

    private var stamps: [String] {
        ["", "-wal"].map { suffix in
            var found = stat()
            guard stat("\(stateDirectory)/quire.db\(suffix)", &found) == 0 else { return "" }
            return "\(found.st_ino) \(FileStamp.text(of: found))"
        }
    }

    /// Reads the run.
    private mutating func read(_ stamps: [String], at now: Moment) throws {
        do {
            // Another file is in its place, or the one that was open is not the newest: a look from its
            // beginning brings the tables up to date, too.
            let isSame = stamps[0].prefix { $0 != " " } == (seen.first ?? "").prefix { $0 != " " }
            if !isSame || reader?.isCopy != false || status != "running" { try reopen() }
            guard let reader, let leg = try reader.runs().first(where: { $0.run == run }) else {
                throw Trouble(
                    "the run \(run) is not in \(stateDirectory) any more",
                    status: ExitStatus.missing
                )
            }
            (self.leg, status, seen) = (leg, leg.status(in: stateDirectory), stamps)
            contents = try contents(of: leg, reader, at: now)
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    private mutating func reopen() throws {
        reader?.close()
        reader = try StoreReader.open(directory: stateDirectory)
    }

    private func contents(
        of leg: LegRecord,
        _ reader: StoreReader,
        at now: Moment
    ) throws -> ScreenContents {
        let isRunning = status == "running"
        var record = try reader.glance(at: leg)
        let open = isRunning ? try reader.unfinishedSessions(of: run) : []
        if !isRunning { record = asLies(record) }
        var slots: [Int: RunView.Slot] = [:]
        for session in open
        where session.end == nil && record.task(session.key.task)?.running == session.key.number {
            let began = now.awake - max(.zero, now.wall - session.began)
            slots[session.slot] = RunView.Slot(key: session.key, since: began, lastActivity: began)
        }
        let checking = open.filter { $0.check != nil && $0.check?.result == nil }.map(\.key.task)
        let view = RunView(
            record,
            slots: slots,
            checking: Set(checking),
            ticked: try reader.ticks(of: leg),
            at: now
        )
        // While the disk is full, the run can't record that its starts are held.
        let shortage = isRunning ? StoreReader.shortage(in: stateDirectory) : nil
        var notices = shortage.map {
            ["starts are held, and nothing is recorded: \($0)" as SafeText]
        }
        if status == "killed" {
            notices = ["its Quire was killed; to go on: quire run \(RunName.manifest(of: run))"]
        }
        return ScreenContents(view: view, status: status, notices: notices ?? [])
    }

    /// Returns the record of a run that nobody carries out, with its tasks as they lie.
    private func asLies(_ record: RunRecord) -> RunRecord {
        guard let leg = record.leg else { return record }
        var tasks = Redactor.redact(
            record.tasks.mapSideBySide { $0.asLies(in: place) },
            recorded: record.tasks,
            of: run
        )
        for place in tasks.indices { tasks[place].running = nil }
        return RunRecord(
            leg,
            part: record.part,
            tasks: tasks,
            holds: record.holds,
            spent: record.spent,
            times: record.times
        )
    }

    // MARK: - Activity

    /// Notes what the sessions' logs tell; returns true if that is news.
    private mutating func noteActivities(
        of contents: inout ScreenContents,
        at now: Moment
    ) -> Bool {
        var isNews = false
        var known: [SessionKey: Activity] = [:]
        for (number, slot) in contents.view.slots {
            guard let log = desk.logState(of: slot.key.task) else { continue }
            var activity =
                activities[slot.key] ?? Activity(at: slot.lastActivity, size: -1, words: nil)
            if activity.size != log.size {
                let before = now.wall - log.changed
                // A log that nobody has written to yet is of the session before.
                activity.at = max(slot.since, now.awake - max(.zero, before))
                activity.words = activity.at > slot.since ? desk.activity(of: slot.key.task) : nil
                activity.size = log.size
                isNews = true
            }
            known[slot.key] = activity
            contents.view.noteActivity(inSlot: number, activity.words, at: activity.at)
        }
        activities = known
        return isNews
    }
}
