import Orchestration
import RunStore

/// The decisions on their way through the journal, in order.
///
/// The facts are reported once they are written. While the store is failing, they are reported at once, and
/// starts are refused instead of waiting.
final class JournalQueue {
    private struct Waiting {
        var decisions: Decisions
        var isReported = false
        var carryOut: (Decisions) -> Void
    }

    private let run: String
    private let store: any JournalStore
    private let inbox: Inbox
    private let disk: DiskTroubles
    private let reports: ReportSet
    private var waiting: [Waiting] = []
    private var isFailing = false
    private var attachments: [SessionAttachment] = []

    init(
        run: String,
        store: any JournalStore,
        inbox: Inbox,
        disk: DiskTroubles,
        reports: ReportSet
    ) throws {
        (self.run, self.store, self.inbox) = (run, store, inbox)
        (self.disk, self.reports) = (disk, reports)
        try store.observe { [unowned self] in apply($0) }
    }

    /// Adds a session's standard error, less its secrets, to the next batch.
    func attach(_ attachment: SessionAttachment) {
        attachments.append(attachment.redacted(by: inbox.redactor))
    }

    /// Records that the leg is alive.
    func noteLife(at now: Moment) { store.noteLife(of: run, at: now) }

    /// Journals and reports decisions, then calls `carryOut` with them, less the starts that were refused.
    ///
    /// `state` returns the fold of the journal with these facts.
    func append(
        _ decisions: Decisions,
        state: () -> RunState,
        carryOut: @escaping (Decisions) -> Void
    ) {
        guard !decisions.facts.isEmpty else {
            // Of a turn that changed nothing, the refusals are all that is left to do.
            if !decisions.answers.isEmpty { carryOut(decisions) }
            return
        }
        waiting.append(Waiting(decisions: decisions, carryOut: carryOut))
        if isFailing { reportWaiting() }
        if isFailing, decisions.ending != nil { store.giveUp() }
        let batch = JournalBatch(
            run: run,
            at: decisions.at,
            events: decisions.facts,
            attachments: attachments
        )
        attachments = []
        store.append(batch, isUrgent: decisions.areUrgent, state: state)
    }

    /// Drops all later reports of the store.
    func close() { store.close() }

    private func apply(_ report: StoreReport) {
        switch report {
        case .written(let result): written(result)
        case .condition(.failing(let reason)):
            isFailing = true
            _ = disk.note(store.path, reason)
            // A wait may take hours, and the scheduler decides anew.
            for place in waiting.indices { refuseStarts(of: &waiting[place].decisions, reason) }
            reportWaiting()
            if waiting.contains(where: { $0.decisions.ending != nil }) { store.giveUp() }
        case .condition(.recovered):
            isFailing = false
            disk.settle(store.path)
        }
    }

    private func written(_ result: Result<Void, StoreError>) {
        var first = waiting.removeFirst()
        if case .failure(let error) = result {
            inbox.add(.storeLost("\(error)"))
            refuseStarts(of: &first.decisions, "\(error)")
            let words = "it was done, but can't be recorded, and a restart may undo it: \(error)"
            first.decisions.answers = first.decisions.answers.map { ($0.id, .refused(words)) }
        }
        if !first.isReported { reports.show(first.decisions) }
        first.carryOut(first.decisions)
    }

    private func refuseStarts(of decisions: inout Decisions, _ reason: String) {
        for start in decisions.starts {
            inbox.refuse(start, .notRecorded, "its start can't be recorded: \(reason)")
        }
        decisions.starts = []
        inbox.add(decisions.hooks.map { .hookEnded(HookEnded($0.fact, .putOff)) })
        decisions.hooks = []
    }

    /// Reports the decisions that are waiting for the journal: that may take hours, and people are watching.
    private func reportWaiting() {
        for place in waiting.indices where !waiting[place].isReported {
            waiting[place].isReported = true
            reports.show(waiting[place].decisions)
        }
    }
}

extension SessionAttachment {
    /// Returns both ends without secrets; a secret may lie across the two.
    fileprivate func redacted(by redactor: Redactor) -> SessionAttachment {
        var attachment = self
        let size = head.count + tail.count
        if size == total {
            let whole = redactor.redact(head + tail)
            if whole != head + tail { (attachment.head, attachment.tail) = (whole, []) }
        } else {
            attachment.head = redactor.redact(head)
            attachment.tail = redactor.redact(tail, isCut: true)
        }
        // The rest is what was left out between the two.
        attachment.total += Int64(attachment.head.count + attachment.tail.count - size)
        return attachment
    }
}
