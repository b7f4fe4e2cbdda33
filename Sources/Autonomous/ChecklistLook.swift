package import FileAccess
package import Orchestration

/// The result of inspecting a checklist, to be compared with the next inspection.
package struct ChecklistLook: Hashable, Sendable {
    /// The checklist.
    package let state: ChecklistState
    /// The error in saving a good list as the accepted copy, in putting a list back, or in reading it;
    /// `nil` for none.
    package internal(set) var unkept: FileError?
    /// Stamp of a complete list's file: see `TaskDirectory.listStamp`.
    package internal(set) var stamp: String?
    /// The changes that a person made since the accepted copy, in words; `nil` for none.
    package internal(set) var news: String?
    /// The forbidden changes of a session, which were undone; `nil` for none.
    package internal(set) var incident: ListIncident?
    /// True if the list is damaged by a session, and can be put back.
    package internal(set) var isTampered = false
    /// The bytes of a good list that was read; `nil` if it was not, or they are of no more use.
    var text: [UInt8]?
    /// Hash of a good list's bytes.
    var fingerprint: Int?
    /// Stamp of the list's file, proof that the list is the same; `nil` if there is none.
    var file: FileStamp?
    /// The times and the size of the list's file right before it was read; `nil` if there was none.
    var times: String?

    /// Stamp of a good list's file, as `KnownLists` takes it; `nil` if no stamp is proof of the list.
    package var listFile: String? { if case .good = state { file?.text } else { nil } }

    init(_ state: ChecklistState, of bytes: [UInt8]? = nil) {
        (self.state, text) = (state, bytes)
        fingerprint = bytes?.hashValue
    }

    /// The findings without what was told of once, and without the list's text: there are many tasks.
    package var settled: ChecklistLook {
        var look = self
        (look.news, look.incident, look.text) = (nil, nil, nil)
        return look
    }

    /// The findings without what was told of once, with the text of a list of usual length, which the
    /// task's next session need not read again.
    package var settledForNext: ChecklistLook {
        var look = settled
        if let text, text.count <= 8192 { look.text = text }
        return look
    }

    /// Indicates whether a good list was found that differs from the last inspection's.
    package func isNews(after last: ChecklistLook) -> Bool {
        if case .good = state { self != last } else { false }
    }

    /// Compares the findings, not the file's stamp.
    package static func == (one: ChecklistLook, other: ChecklistLook) -> Bool {
        one.state == other.state && one.unkept == other.unkept && one.stamp == other.stamp
            && one.news == other.news && one.incident == other.incident
            && one.fingerprint == other.fingerprint
    }

    /// Hashes a part of the findings.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(state)
        hasher.combine(fingerprint)
    }

    func isOf(_ bytes: [UInt8]) -> Bool { fingerprint == bytes.hashValue }
}
