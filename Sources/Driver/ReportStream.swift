package import EventLoop
import Glibc
import Orchestration
package import Reporting

/// Where a report is written: a file, a pipe or a terminal, on worker threads.
///
/// A reader that does not read holds up nothing: what waits for it is bounded, and what comes when
/// that much waits is left out. A reader that has gone, and a system that refuses to write, are
/// told once; nothing more is written then.
package final class ReportStream {
    /// Bytes that may wait for a reader.
    private static let mostWaiting = 8 * 1024 * 1024

    private let writer: LogWriter
    private let name: SafeText
    /// Whether the stream is standard output.
    package let isStandardOutput: Bool
    /// Bytes that were left out, since nobody read what came before them.
    package private(set) var leftOut: Int64 = 0
    private var isTold = false
    private let isDevice: Bool
    /// Called on the loop with what there is to tell about the stream, at most once.
    package var onTrouble: ((SafeText) -> Void)?
    /// Why something was not written; `nil` while everything was.
    package private(set) var failure: StandardStream.Failure?

    /// Makes a stream on a descriptor, which stays open; messages call it by `name`.
    package init(loop: Loop, descriptor: Int32, name: SafeText) {
        self.name = name
        isStandardOutput = descriptor == STDOUT_FILENO
        isDevice = StandardStream.isDevice(descriptor)
        writer = LogWriter(loop: loop, descriptor: descriptor, name: name.description)
        writer.onError = { [unowned self] in failed($0) }
    }

    /// Makes a stream that appends to what `opening` opens; messages call it by `name`, errors by
    /// `path`.
    ///
    /// - Throws: `LoopError` when it can't be written to.
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

    /// Whether something waits for the reader.
    package var isBehind: Bool { writer.waiting > 0 }

    /// Writes a text, whose lines no CI system takes for commands.
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

    /// Writes out what waits, and calls back; the last call but `giveUp`.
    package func finish(then: @escaping () -> Void) { writer.finish(then: then) }

    /// Waits for no reader any more: what was not read is lost.
    package func giveUp() { writer.giveUp() }

    /// Why the stream lacks something in the end; `nil` where it is whole.
    package var loss: StandardStream.Failure? { failure ?? (leftOut > 0 ? .unread : nil) }

    /// What the stream lacks in the end, where that was not told yet; `nil` for nothing.
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
        // What nobody reads comes to light at the end, where all of it is known.
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
        isTold = true
        onTrouble(words)
    }
}
