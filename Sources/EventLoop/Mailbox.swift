import CLibuv
import Synchronization

/// The one way onto the loop from other threads.
///
/// Messages arrive on the loop's thread in the order they were posted; those posted together may
/// arrive together. It keeps the loop running until it is closed.
package final class Mailbox<Message: Sendable>: Sendable {
    private struct State: Sendable {
        var messages: [Message] = []
        /// The address of the `uv_async_t`; 0 once it is closed.
        var async: UInt
    }

    private let state: Mutex<State>

    fileprivate init(async: UInt) {
        state = Mutex(State(async: async))
    }

    /// Posts a message, from any thread; dropped after `close`.
    package func post(_ message: Message) {
        state.withLock { state in
            guard let async = unsafe UnsafeMutablePointer<uv_async_t>(bitPattern: state.async)
            else {
                return
            }
            state.messages.append(message)
            // Inside the lock, so that the handle can't be closed in between.
            if state.messages.count == 1 { unsafe uv_async_send(async) }
        }
    }

    fileprivate func takeAll() -> [Message] {
        state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
    }

    fileprivate func shut() {
        state.withLock { $0.async = 0 }
    }
}

/// The loop's end of a mailbox.
@safe package final class MailboxReceiver<Message: Sendable> {
    /// The end that others post to.
    package private(set) var mailbox = Mailbox<Message>(async: 0)
    private let receive: ([Message]) -> Void
    private var handle: Handle<uv_async_t>?

    fileprivate init(loop: Loop, receive: @escaping ([Message]) -> Void) throws(LoopError) {
        self.receive = receive
        let base = unsafe try Handle<uv_async_t>(
            owner: AnyReceiver(deliver),
            doing: "making a mailbox"
        ) {
            unsafe uv_async_init(
                loop.raw,
                $0,
                { unsafe owner($0?.pointee.data, as: AnyReceiver.self)?.wake() }
            )
        }
        unsafe handle = unsafe base
        mailbox = Mailbox(async: UInt(bitPattern: unsafe base.raw))
    }

    /// Lets the loop end while the mailbox is open.
    package func unreference() {
        unsafe handle?.unreference()
    }

    /// Closes the mailbox: what is posted from now on is dropped.
    package func close() {
        mailbox.shut()
        unsafe handle?.close()
        unsafe handle = nil
    }

    private func deliver() {
        let messages = mailbox.takeAll()
        if !messages.isEmpty { receive(messages) }
    }
}

/// A callback without its message type, for C to find.
private final class AnyReceiver {
    let wake: () -> Void

    init(_ wake: @escaping () -> Void) {
        self.wake = wake
    }
}

extension Loop {
    /// Makes a mailbox whose messages `receive` gets on the loop.
    package func mailbox<Message: Sendable>(
        _ receive: @escaping ([Message]) -> Void
    ) throws(LoopError) -> MailboxReceiver<Message> {
        try MailboxReceiver(loop: self, receive: receive)
    }
}
