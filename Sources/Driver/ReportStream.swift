package import EventLoop
import Glibc
import Orchestration
package import Reporting

/// A file, a pipe or a terminal that a report is written to, on worker threads.
///
/// A reader that does not read holds up nothing: the buffer is bounded, and text is left out while it is
/// full. A closed reader and an error of the system are reported once, and end all writing.
package final class ReportStream {
    /// The bytes that may wait for the reader.
    private static let mostWaiting = 8 * 1024 * 1024

    private let writer: LogWriter
    private let name: SafeText
    /// True if the stream is standard output.
    package let isStandardOutput: Bool
    /// The bytes that were left out while the buffer was full.
    package private(set) var leftOut: Int64 = 0
    private var isTold = false
    private let isDevice: Bool
    /// Called on the loop with a warning about the stream, at most once; returns false if nobody was told.
    package var onTrouble: ((SafeText) -> Bool)?
    /// The reason why something was not written; `nil` if everything was.
    package private(set) var failure: StandardStream.Failure?

    /// Makes a stream on a descriptor, which stays open; `name` is its name in messages.
    package init(loop: Loop, descriptor: Int32, name: SafeText) {
        self.name = name
        isStandardOutput = descriptor == STDOUT_FILENO
        isDevice = StandardStream.isDevice(descriptor)
        writer = LogWriter(loop: loop, descriptor: descriptor, name: name.description)
        writer.onError = { [unowned self] in failed($0) }
    }

    /// Makes a stream that appends to the file opened by `opening`.
    ///
    /// Messages call the stream by `name`, errors by `path`.
    ///
    /// - Throws: `LoopError` if the file can't be written.
    package init(
        loop: Loop,
        path: String,
        name: SafeText,
        opening: @escaping LogWriter.Opening
    ) throws(LoopError) {
        self.name = name
        isStandardOutput = false
        isDevice = false
        writer = LogWriter(loop: loop, path: path, opening: opening)
        try writer.open()
        writer.onError = { [unowned self] in failed($0) }
    }

    /// True if text is waiting for the reader.
    package var isBehind: Bool { writer.waiting > 0 }

    /// Writes a text; CI systems find no command in its lines.
    package func write(_ text: SafeText) {
        guard failure == nil else { return }
        let text = Sanitizer.disarmed(text.description)
        let count = text.utf8.count
        guard writer.waiting + count <= Self.mostWaiting else {
            leftOut += Int64(count)
            return tell("nobody reads \(name): what comes now is left out until somebody does")
        }
        writer.append(text)
    }

    /// Writes what is waiting, and calls back; only `giveUp` may be called after this.
    package func finish(then: @escaping () -> Void) { writer.finish(then: then) }

    /// Stops waiting for the reader: unread text is lost.
    package func giveUp() { writer.giveUp() }

    /// The reason why the stream is incomplete in the end; `nil` if it is whole.
    package var loss: StandardStream.Failure? { failure ?? (leftOut > 0 ? .unread : nil) }

    /// A message on what the stream lacks in the end; `nil` if nothing, or if it was reported already.
    package var untold: SafeText? {
        guard let failure else {
            let words: SafeText =
                "\(name) is not complete: \(Format.count(leftOut, "byte")) "
                + "\(Format.word(for: leftOut, "was", "were")) left out while nobody read it"
            return leftOut > 0 ? words : nil
        }
        return isTold && failure != .unread ? nil : words(failure)
    }

    private func failed(_ error: LoopError) {
        let failure = StandardStream.Failure(errno: error.errno, isDevice: isDevice)
        self.failure = failure
        // Unread text is reported at the end, when its amount is known.
        if failure != .unread { tell(words(failure)) }
    }

    private func words(_ failure: StandardStream.Failure) -> SafeText {
        switch failure {
        case .closed:
            "the reader of \(name) has closed it: nothing more is written there, and the work goes on"
        case .unread:
            "\(name) is not complete: nobody read \(Format.count(writer.lostBytes + leftOut, "byte")) of it"
        case .refused: "\(name) is not complete, because it can't be written: \(failure.words)"
        }
    }

    private func tell(_ words: SafeText) {
        guard !isTold, let onTrouble else { return }
        // At the end of a run nothing may take the warning any more: it is told after it then.
        isTold = onTrouble(words)
    }
}
