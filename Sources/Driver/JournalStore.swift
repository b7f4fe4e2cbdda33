import EventLoop
import Orchestration
import RunStore

/// The store as the journal queue uses it, on the loop.
protocol JournalStore: AnyObject {
    /// The database's file.
    var path: String { get }
    /// Begins to pass the store's reports to `handler`, on the loop.
    func observe(_ handler: @escaping (StoreReport) -> Void) throws(LoopError)
    /// Queues a batch; `StoreReport.written` answers each batch, in order.
    func append(_ batch: JournalBatch, isUrgent: Bool, state: () -> RunState)
    /// Stops retrying: refuses each batch whose next writing fails.
    func giveUp()
    /// Notes that a run is alive.
    func noteLife(of run: String, at now: Moment)
    /// Drops all later reports.
    func close()
}

/// A message from the store.
enum StoreReport: Sendable {
    /// The oldest batch was written or refused.
    case written(Result<Void, StoreError>)
    case condition(RunStore.Condition)
}

/// The store, whose thread reports through a mailbox.
final class MailedStore: JournalStore {
    private let store: RunStore
    private let loop: Loop
    private var receiver: MailboxReceiver<StoreReport>?

    init(_ store: RunStore, on loop: Loop) { (self.store, self.loop) = (store, loop) }

    var path: String { store.path }

    func observe(_ handler: @escaping (StoreReport) -> Void) throws(LoopError) {
        let receiver = try loop.mailbox { $0.forEach(handler) }
        self.receiver = receiver
        store.observe { [mailbox = receiver.mailbox] in mailbox.post(.condition($0)) }
    }

    func append(_ batch: JournalBatch, isUrgent: Bool, state: () -> RunState) {
        store.append(batch, isUrgent: isUrgent, state: state) { [mailbox = receiver?.mailbox] in
            mailbox?.post(.written($0))
        }
    }

    func giveUp() { store.giveUp() }

    func noteLife(of run: String, at now: Moment) { store.noteLife(of: run, at: now) }

    func close() { receiver?.close() }
}
