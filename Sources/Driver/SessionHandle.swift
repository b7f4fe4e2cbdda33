import EventLoop

/// A session under way: a process of its own, or a thread of a process that serves many.
protocol SessionHandle: AnyObject {
    /// Asks the session to end.
    func terminate()
    /// Ends the session.
    func kill()
    /// Stops reading the output until `resumeOutput`.
    func pauseOutput()
    /// Goes on reading the output.
    func resumeOutput()
    /// Passes the bytes that the output's callback was just called with to the session's log.
    func passOn(_ bytes: Span<UInt8>, to log: LogWriter)
}

extension ChildProcess: SessionHandle {}
