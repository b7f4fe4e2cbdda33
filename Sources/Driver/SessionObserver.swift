import Autonomous
import EventLoop
import Orchestration

/// The receiver of a session's reports, on the loop.
protocol SessionObserver: AnyObject {
    /// Reports an event to decide on.
    func session(_ key: SessionKey, reported event: Event)
    /// Reports a sign of life.
    func sessionIsActive(_ key: SessionKey)
    /// Reports that the disk refused a write.
    ///
    /// - Returns: true if `retry` will be called in a second; false once the write was refused for an hour.
    func session(
        _ key: SessionKey,
        cannotWrite place: String,
        _ reason: String,
        retry: (() -> Void)?
    ) -> Bool
    /// Reports that the file was written, or that nothing waits for it any more.
    func session(_ key: SessionKey, isDoneWith place: String)
    /// Reports the end of the session's process; the observer ends what the session left behind, and then
    /// calls `descendantsGone`.
    func session(_ key: SessionKey, endedWith end: SessionEnd)
    /// Reports that nothing of the session is left; no report follows.
    func session(_ key: SessionKey, isOverWith end: SessionEnd)
}

/// The result of a session, and its data to record.
struct SessionEnd {
    var result: SessionResult
    var look: ChecklistLook
    var standardError: CapturedOutput
    /// True if Quire killed the session.
    var wasKilled: Bool
    /// The model; `nil` for the agent's own choice.
    var model: String?
}
