package import Orchestration

/// The facts of one turn: journalled whole or not at all.
package struct JournalBatch: Sendable {
    /// The run's id.
    package var run: String
    /// The time at which the facts were decided.
    package var at: Moment
    /// The facts, in order.
    package var events: [RunEvent]
    /// The standard error of sessions that ended.
    package var attachments: [SessionAttachment]

    /// Makes a batch.
    package init(
        run: String,
        at: Moment,
        events: [RunEvent],
        attachments: [SessionAttachment] = []
    ) {
        self.run = run
        self.at = at
        self.events = events
        self.attachments = attachments
    }
}

/// A session's standard error.
package struct SessionAttachment: Sendable {
    /// The session.
    package var key: SessionKey
    /// The first 64 KiB.
    package var head: [UInt8]
    /// The last 64 KiB of what follows the head.
    package var tail: [UInt8]
    /// The number of bytes that the session wrote.
    package var total: Int64

    /// Makes an attachment.
    package init(key: SessionKey, head: [UInt8], tail: [UInt8], total: Int64) {
        self.key = key
        self.head = head
        self.tail = tail
        self.total = total
    }
}
