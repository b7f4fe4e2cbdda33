package import FileAccess
import Glibc
package import Orchestration

// The checklist, and the accepted copy of it, which is kept where agents have no business.
//
// While no session works on a task, its list is a person's to change. A session may tick boxes and
// append entries: what it changes otherwise is put back.
extension TaskDirectory {
    /// Inspects the checklist while no session works on it, and keeps a good one as the accepted copy.
    ///
    /// `last` is the previous inspection: a list unchanged since is not parsed again, nor read if its
    /// file's stamp is proof, unless its text is needed. A good list that can't be saved still counts as
    /// good, and one that can't be read now counts as unchanged; `unkept` has the error.
    ///
    /// A person may change everything, as long as work is left: that removed or reworded entries make a
    /// list complete is in doubt, and damage.
    package func inspectAndKeep(
        after last: ChecklistLook? = nil,
        needsText: Bool = false
    ) -> ChecklistLook {
        look(after: last, needsText: needsText) { bytes in
            guard let bytes = try bytes.get() else {
                return ChecklistLook(try goodCopy() == nil ? .missing : damaged("it is gone"))
            }
            let list = try Checklist(bytes: bytes)
            var look = try good(list, bytes)
            let copy = try goodCopyBytes()
            if copy == bytes { return look }
            if let good = copy.flatMap({ try? Checklist(bytes: $0) }) {
                let damage = list.damage(since: good)
                look.news = list.reopening(of: good) ?? damage?.description
                if let damage, list.progress.isComplete { throw damage }
            }
            keep(bytes, &look)
            return look
        }
    }

    /// Inspects the list with which a session begins, and returns with its text what the list is compared
    /// with afterwards; `last` is the previous inspection.
    ///
    /// Changes by a person meanwhile count, unless the list is none any more.
    package func inspectBeforeSession(
        after last: ChecklistLook
    ) -> (look: ChecklistLook, news: String?) {
        let isExecutor = last.state.progress != nil
        var look = inspectAndKeep(after: last, needsText: isExecutor)
        if isExecutor, look.state.progress == nil { return (last, nil) }
        let news = look.news
        look.news = nil
        return (look, news)
    }

    /// Compares the checklist that a session left with the one that it began with, and keeps a good one
    /// as the accepted copy.
    ///
    /// `most` is the number of entries that the list may have; `nil` for any. Changes nothing in the task
    /// directory: a list that must be put back has `isTampered`.
    package func compare(since before: ChecklistLook, most: Int?) -> ChecklistLook {
        look(after: before) { try judge($0, since: before, most, restores: false) }
    }

    /// Compares the checklist like `compare`, past this machine's cache of a file system that another
    /// machine has written to.
    package func compareAfresh(since before: ChecklistLook, most: Int?) -> ChecklistLook {
        (try? directory())?.refresh()
        return look(after: before, trustsStamps: false) {
            try judge($0, since: before, most, restores: false)
        }
    }

    /// Compares the checklist once nothing of the session lives, and puts back what it may not change.
    ///
    /// `before` is `nil` if nobody knows any more what the session began with: the accepted copy counts.
    /// A list that is as it was when it was `compared` is not read again.
    package func restore(
        since before: ChecklistLook?,
        compared: ChecklistLook? = nil,
        most: Int?
    ) -> ChecklistLook {
        if let compared, !compared.isTampered, compared.times == listTimes() { return compared }
        return look(after: before, trustsStamps: false) {
            try judge($0, since: before, most, restores: true)
        }
    }

    /// Puts the accepted entries back where a check, or anybody while it ran, has changed any, be it by a
    /// tick or an appended entry: no check has seen those.
    package func restoreAfterCheck() -> ChecklistLook {
        look(after: nil, trustsStamps: false) {
            try judge($0, since: nil, nil, restores: true, isNobodys: true)
        }
    }

    private func look(
        after last: ChecklistLook?,
        needsText: Bool = false,
        trustsStamps: Bool = true,
        _ judge: (Result<[UInt8]?, FileError>) throws -> ChecklistLook
    ) -> ChecklistLook {
        do {
            try checkPlace()
            // Taken before the contents are read, so that a change meanwhile shows the next time.
            let status = try listStatus()
            let isLocal = workspace.directories.areLocal
            let file = trustsStamps ? status.flatMap { FileStamp($0, isLocal: isLocal) } : nil
            if let last, let file, last.file == file, !needsText || last.text != nil {
                return last
            }
            let bytes = Result { () throws(FileError) in try listBytes() }
            if case .failure(let error) = bytes, error.isOfTheDisk { throw error }
            var look: ChecklistLook
            if let last, let bytes = try? bytes.get(), last.isOf(bytes) {
                look = last
                look.text = bytes
            } else {
                look = try judge(bytes)
            }
            look.file = look.unkept == nil && look.incident == nil ? file : nil
            look.times = status.map { FileStamp.text(of: $0) }
            return look
        } catch let error as Checklist.Damage {
            return ChecklistLook(damaged(error.description, hasCopy: hasGoodCopy))
        } catch let error as FileError where error.isOfTheDisk {
            var look = ChecklistLook(last?.state ?? .missing)
            look.unkept = error
            return look
        } catch {
            return ChecklistLook(.damaged("\(error)"))
        }
    }

    // MARK: - After a session

    private func judge(
        _ found: Result<[UInt8]?, FileError>,
        since before: ChecklistLook?,
        _ most: Int?,
        restores: Bool,
        isNobodys: Bool = false
    ) throws -> ChecklistLook {
        guard let accepted = try accepted(before) else {
            guard let bytes = try found.get() else { return ChecklistLook(.missing) }
            var look = try good(try Checklist(bytes: bytes), bytes)
            keep(bytes, &look)
            return look
        }
        let bytes = (try? found.get()) ?? nil
        let judgement = try ListJudgement(
            bytes,
            since: accepted,
            most: most,
            isNobodys: isNobodys
        )
        guard judgement.isRepaired else {
            var look = try good(judgement.list, judgement.text)
            if accepted != judgement.text { keep(judgement.text, &look) }
            return look
        }
        let incident = ListIncident(judgement, of: found)
        guard restores else { return tampered(incident) }
        return try putBack(judgement, insteadOf: bytes, incident)
    }

    /// Returns the list that a session began with; `nil` if there was none.
    private func accepted(_ before: ChecklistLook?) throws -> [UInt8]? {
        if let text = before?.text { return text }
        if before?.state == .missing { return nil }
        return try goodCopyBytes().flatMap { (try? Checklist(bytes: $0)) == nil ? nil : $0 }
    }

    private func tampered(_ incident: ListIncident) -> ChecklistLook {
        var look = ChecklistLook(damaged(incident.words))
        look.isTampered = true
        return look
    }

    /// Puts a list in the place of the one that was found, which is kept for a person.
    private func putBack(
        _ judgement: ListJudgement,
        insteadOf found: [UInt8]?,
        _ incident: ListIncident
    ) throws -> ChecklistLook {
        var incident = incident
        var look = ChecklistLook(.good(judgement.list.progress), of: judgement.text)
        do throws(FileError) {
            let isDurable = workspace.isDurable
            // The copy first: after a crash the list is still found to be another one.
            try keep(judgement.text)
            if let found { incident.place = try keepRefused(found) }
            try directory().replace(Self.listName, with: judgement.text, isDurable: isDurable)
        } catch {
            guard error.isOfTheDisk else { throw error }
            look = tampered(incident)
            look.unkept = error
            return look
        }
        look.incident = incident
        if judgement.list.progress.isComplete { look.stamp = try stamp(of: judgement.text) }
        return look
    }

    /// Keeps a list that was found for a person; returns its path.
    private func keepRefused(_ found: [UInt8]) throws(FileError) -> String {
        let isDurable = workspace.isDurable
        let refused = try workspace.directories.makeState("refused", isDurable: isDurable)
        try refused.replace(copyName, with: found, isDurable: isDurable)
        return refused.path(of: copyName)
    }

    private func good(_ list: Checklist, _ bytes: [UInt8]) throws -> ChecklistLook {
        var look = ChecklistLook(.good(list.progress), of: bytes)
        if list.progress.isComplete { look.stamp = try stamp(of: bytes) }
        return look
    }

    /// Returns the stamp of the file with these bytes; `nil` if it is just being changed.
    private func stamp(of bytes: [UInt8]) throws -> String? {
        let directory = try directory()
        let stamp = stamp { directory.status(of: $0) }
        return try listBytes() == bytes ? stamp : nil
    }

    // MARK: - The accepted copy

    /// Returns the bytes of the accepted copy; `nil` if there is none.
    ///
    /// Throws if the copy can't be read, which must not pass for its absence.
    private func goodCopyBytes() throws(FileError) -> [UInt8]? {
        try workspace.directories.state("lists")?
            .contents(of: copyName, limit: Checklist.sizeLimit)
    }

    func goodCopy() throws(FileError) -> Checklist? {
        try goodCopyBytes().flatMap { try? Checklist(bytes: $0) }
    }

    private var hasGoodCopy: Bool { (try? goodCopy()) != nil }

    private func keep(_ bytes: [UInt8]) throws(FileError) {
        let isDurable = workspace.isDurable
        let lists = try workspace.directories.makeState("lists", isDurable: isDurable)
        try lists.replace(copyName, with: bytes, isDurable: isDurable)
    }

    private func keep(_ bytes: [UInt8], _ look: inout ChecklistLook) {
        do throws(FileError) {
            try keep(bytes)
        } catch {
            // The list is good all the same; without a fingerprint it is inspected once more.
            look.unkept = error
            look.fingerprint = nil
        }
    }

    // MARK: - After a check

    /// Notes the list that the task's next session begins with: if its check fails, what is ticked since is
    /// taken back, also after a crash.
    package func noteTicks() throws(FileError) {
        let isDurable = workspace.isDurable
        let begun = try workspace.directories.makeState("begun", isDurable: isDurable)
        try begun.replace(copyName, with: try listBytes() ?? [], isDurable: isDurable)
    }

    /// Confirms the ticks of the list, as its check passed, and puts back what the check may have changed.
    ///
    /// The error is in `unkept` if that can't be noted: a later failure would then take more back.
    package func confirmTicks() -> ChecklistLook {
        var look = restoreAfterCheck()
        guard look.unkept == nil else { return look }
        do throws(FileError) {
            try noteTicks()
        } catch {
            look.unkept = error
        }
        return look
    }

    /// Takes back what was ticked since the newest session began, as its check failed, and puts back what
    /// the check may have changed.
    ///
    /// Without a word on what that session began with, the last tick of a complete list is taken back. The
    /// error is in `unkept` if the disk refused it.
    package func takeBackTicks() -> ChecklistLook {
        var look = look(after: nil, trustsStamps: false) { found in
            let bytes = (try? found.get()) ?? nil
            guard let accepted = try goodCopyBytes() ?? bytes else {
                return ChecklistLook(damaged("it is gone", hasCopy: false))
            }
            let judgement = try ListJudgement(bytes, since: accepted, isNobodys: true)
            let text = judgement.text(ticksOf: try begunList())
            var incident = judgement.isRepaired ? ListIncident(judgement, of: found) : nil
            // The copy first: after a crash the list is still found to claim what was not checked.
            try keep(text)
            if let bytes { incident?.place = try keepRefused(bytes) }
            try directory().replace(Self.listName, with: text, isDurable: workspace.isDurable)
            var look = try good(try Checklist(bytes: text), text)
            look.incident = incident
            return look
        }
        look.file = nil
        return look
    }

    /// Returns the list that the newest session began with; one without entries for an initializer, and
    /// `nil` if nobody knows.
    func begunList() throws(FileError) -> Checklist? {
        let begun = try workspace.directories.state("begun")?
            .contents(of: copyName, limit: Checklist.sizeLimit)
        return begun.flatMap { $0.isEmpty ? Checklist(entries: []) : try? Checklist(bytes: $0) }
    }

    // MARK: - As it lies

    /// Inspects the checklist as a new leg will, but changes and locks nothing.
    ///
    /// A missing list is reported as missing even if there is a copy. A list that is `known` is not read
    /// if the stamp of its file proves that it is the same.
    package func checklistAsItLies(knowing known: KnownLists = KnownLists()) -> ChecklistState {
        if !known.isEmpty, let stamp = fileStamp(),
            let progress = known.progress(of: name.description, stamp: stamp)
        {
            return .good(progress)
        }
        do {
            guard let bytes = try listBytes() else { return .missing }
            let list = try Checklist(bytes: bytes)
            guard list.progress.isComplete else { return .good(list.progress) }
            // Most copies equal the list.
            let copy = try goodCopyBytes().flatMap { $0 == bytes ? nil : $0 }
            if let good = copy.flatMap({ try? Checklist(bytes: $0) }),
                let damage = list.damage(since: good)
            {
                return damaged(damage.description)
            }
            return .good(list.progress)
        } catch let error as Checklist.Damage {
            return damaged(error.description, hasCopy: hasGoodCopy)
        } catch {
            return .damaged("\(error)")
        }
    }

    /// Returns the checklist's text, for people; empty if there is none.
    package func taskListText() -> String {
        String(decoding: ((try? listBytes()) ?? nil) ?? [], as: UTF8.self)
    }

    /// Returns the bytes of the checklist; `nil` if it or its directory is missing.
    func listBytes() throws(FileError) -> [UInt8]? {
        try directoryIfThere()?.contents(of: Self.listName, limit: Checklist.sizeLimit)
    }

    private func listStatus() throws(FileError) -> stat? {
        try workspace.directories.autonomous()?.status(of: Self.listName, in: name.description)
    }

    private func listTimes() -> String? { (try? listStatus()).map { FileStamp.text(of: $0) } }

    private func damaged(_ words: String, hasCopy: Bool = true) -> ChecklistState {
        let advice =
            hasCopy
            ? "; to restore the last good copy: cp '\(goodListPath)' '\(taskListPath)'"
            : "; correct it by hand"
        return .damaged("invalid task_list.md: \(taskListPath): \(words)\(advice)")
    }
}

extension ListIncident {
    fileprivate init(_ judgement: ListJudgement, of found: Result<[UInt8]?, FileError>) {
        self.init(
            words: judgement.damage ?? judgement.surplus ?? "",
            isTampering: judgement.damage != nil
        )
        // A link, a pipe or a directory.
        if case .failure(let error) = found { words = error.description }
    }
}
