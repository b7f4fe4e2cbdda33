import Autonomous
import Descendants
import EventLoop
import Orchestration
import Reporting
import RunStore

// The sessions' reports to the driver.
extension RunDriver: SessionObserver {
    func session(_ key: SessionKey, reported event: Event) {
        inbox.append(event)
        if case .sessionWaitsForNetwork = event { view.noteNetworkWaiting(key) }
    }

    func sessionIsActive(_ key: SessionKey) {
        active.insert(key)
    }

    func session(
        _ key: SessionKey,
        cannotWrite place: String,
        _ reason: String,
        retry: (() -> Void)?
    ) -> Bool {
        disk?.note(place, reason, retry: retry) ?? false
    }

    func session(_ key: SessionKey, isDoneWith place: String) {
        disk?.settle(place)
    }

    func session(_ key: SessionKey, endedWith end: SessionEnd) {
        guard end.result.mayBeOutOfMemory, !end.wasKilled else { return finish(key, end) }
        loop.perform { [machine = machineReader] in
            machine.outOfMemoryKills()
        } then: { [unowned self] kills in
            outOfMemory.take(kills)
            finish(key, end)
        }
    }

    /// Reads the machine's free resources on a worker thread, and reports them.
    func readMachine() {
        loop.perform { [machine = machineReader] in
            (machine.read(), machine.outOfMemoryKills())
        } then: { [unowned self] reading, kills in
            outOfMemory.take(kills)
            inbox.append(.machineRead(reading))
        }
    }

    /// Ends a session once nothing that it started lives, so that its task's next session doesn't meet
    /// leftovers.
    private func finish(_ key: SessionKey, _ end: SessionEnd) {
        var end = end
        end.result = outOfMemory.judge(key, end)
        guard let session = sessions.removeValue(forKey: key) else { return }
        guard let leftovers else { return session.descendantsGone(end) }
        leftovers.end(key, session.label) { [unowned self] left in
            if !left.isEmpty { inbox.append(.warned(.cannotEnd(left, of: key))) }
            session.descendantsGone(end)
        }
    }

    func session(_ key: SessionKey, isOverWith end: SessionEnd) {
        let output = end.standardError
        if output.total > 0 {
            attachments.append(
                SessionAttachment(
                    key: key,
                    head: output.head,
                    tail: output.tail,
                    total: output.total
                )
            )
        }
        tasks[key.task]?.look = end.look
        var result = end.result
        result.list = stamp(of: end.look, key.task)
        result.listFile = end.look.listFile
        inbox.append(.sessionEnded(key, result, end.look.state))
    }
}
