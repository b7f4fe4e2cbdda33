import CLibuv
import CSpawn
import Glibc

/// Reaps the children of a loop: each is watched through a pidfd, or through SIGCHLD on systems without.
///
/// A subreaper reaps adopted orphans, too. It gets SIGCHLD for all of them anyway, and needs no pidfds.
///
/// Reaps only its own children, by pid, unless it was made a subreaper: other loops of the process
/// keep theirs.
final class Reaper: LoopPart {
    private let loop: Loop
    private var owners: [pid_t: (ChildEnd.Termination) -> Void] = [:]
    private var watches: [pid_t: PidfdWatch] = [:]
    private var endings: EndedChildren?
    private var isSubreaper = false
    /// True if this process may become the parent of orphans whose ancestors it did not start.
    private(set) var adoptsStrangers = false
    /// True while an ended child without an owner hides the ended children behind it.
    private var isHeldUp = false
    /// True if pidfds are used; tests turn them off.
    var usesPidfds = true
    /// Kills what is left of an ended child's process group; tests look at when.
    var killGroup: (_ leader: pid_t) -> Void = { Glibc.kill(-$0, SIGKILL) }

    private init(loop: Loop) {
        self.loop = loop
    }

    static func of(_ loop: Loop) -> Reaper {
        if let reaper = loop.reaper as? Reaper { return reaper }
        let reaper = Reaper(loop: loop)
        loop.reaper = reaper
        return reaper
    }

    /// True if only a pidfd can report the end of an owned child.
    var wantsPidfds: Bool { usesPidfds && (!isSubreaper || endings == nil) }

    /// The children that have an owner.
    var children: Set<pid_t> { Set(owners.keys) }

    /// Notes that a spawn is over, and its process watched if there is one.
    func spawnEnded(_ pid: pid_t?) {
        if let pid { cspawn_has_owner(pid) }
        if isHeldUp { sweep() }
    }

    /// Looks again at what has ended, after a job that may have waited for a child of its own.
    func jobEnded() {
        if isHeldUp { sweep() }
    }

    /// Calls `exited` once, when the child has exited, perhaps before this returns; takes the pidfd
    /// over.
    ///
    /// What is left of its process group is killed before that, as long as the number is its own.
    func watch(
        pid: pid_t,
        pidfd: Int32,
        exited: @escaping (ChildEnd.Termination) -> Void
    ) {
        owners[pid] = exited
        if pidfd >= 0 {
            watches[pid] = PidfdWatch(loop: loop, pidfd: pidfd) { [unowned self] in reap(pid) }
        }
        guard watches[pid]?.isWatching != true else { return }
        watchEndings()
        // It may have exited before anybody watched, and a sweep may have passed it over.
        if !isSubreaper || isHeldUp { reap(pid) }
    }

    func enableSubreaper() throws(LoopError) {
        // A program that another one became with exec(2) has that one's children, and the first
        // process of a container gets everybody's orphans.
        adoptsStrangers = getpid() == 1 || cspawn_may_have_orphans() != 0
        guard cspawn_become_subreaper() == 0 else {
            throw LoopError("becoming the parent of orphans", errno)
        }
        isSubreaper = true
        watchEndings()
        sweep()
    }

    func close() {
        endings?.close()
        endings = nil
        for watch in watches.values { watch.close() }
        watches = [:]
        owners = [:]
    }

    private func watchEndings() {
        guard endings == nil else { return }
        endings = try? EndedChildren(loop: loop) { [unowned self] in childrenEnded() }
    }

    private func childrenEnded() {
        guard isSubreaper else { return owners.keys.forEach(reap) }
        sweep()
    }

    /// Reaps a child of ours if it has exited.
    private func reap(_ pid: pid_t) {
        if cspawn_has_ended(pid) { take(pid) }
    }

    /// Reaps everything that has ended: children with an owner, and orphans.
    ///
    /// A child whose owner is not known yet remains until it is. The system shows nothing behind it,
    /// so children are asked for one by one meanwhile.
    private func sweep() {
        isHeldUp = false
        while case let pid = cspawn_next_ended_child(), pid > 0 {
            if owners[pid] == nil, cspawn_is_newborn(pid) {
                isHeldUp = true
                return owners.keys.forEach(reap)
            }
            // Gone already if its program could not be run: the worker that started it reaps it.
            take(pid)
        }
    }

    /// Reaps a process that has ended, and tells its owner; nothing happens when it is reaped already.
    private func take(_ pid: pid_t) {
        // Nobody of its group has anything left to do. Once it is reaped, the number of an empty
        // group can be the next process's.
        if owners[pid] != nil { killGroup(pid) }
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return }
        watches.removeValue(forKey: pid)?.close()
        owners.removeValue(forKey: pid)?(Self.termination(status))
    }

    /// The meaning of a wait status; the macros of `sys/wait.h` are out of Swift's reach.
    static func termination(_ status: Int32) -> ChildEnd.Termination {
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signaled(signal)
    }
}

/// Waits for one process's end through its pidfd.
@safe private final class PidfdWatch {
    private let pidfd: Int32
    private let ended: () -> Void
    private var handle: Handle<uv_poll_t>?

    init(loop: Loop, pidfd: Int32, ended: @escaping () -> Void) {
        self.pidfd = pidfd
        self.ended = ended
        unsafe handle = unsafe try? Handle<uv_poll_t>(owner: self, doing: "watching a process") {
            unsafe uv_poll_init(loop.raw, $0, pidfd)
        }
        guard let handle = unsafe handle else {
            Glibc.close(pidfd)
            return
        }
        unsafe uv_poll_start(
            handle.raw,
            Int32(UV_READABLE.rawValue),
            { raw, _, _ in unsafe owner(raw?.pointee.data, as: PidfdWatch.self)?.ended() }
        )
    }

    var isWatching: Bool { unsafe handle != nil }

    func close() {
        guard let handle = unsafe handle else { return }
        unsafe self.handle = nil
        unsafe uv_poll_stop(handle.raw)
        unsafe handle.close()
        Glibc.close(pidfd)
    }
}

/// Waits for the ends of all children through one descriptor.
///
/// A handler would interrupt a thread for each, and needs five system calls to tell the loop.
@safe private final class EndedChildren {
    private let descriptor: Int32
    private let ended: () -> Void
    private var handle: Handle<uv_poll_t>?

    init(loop: Loop, ended: @escaping () -> Void) throws(LoopError) {
        self.ended = ended
        descriptor = cspawn_ended_children()
        guard descriptor >= 0 else { throw LoopError("watching children", errno) }
        do throws(LoopError) {
            let descriptor = descriptor
            let handle = unsafe try Handle<uv_poll_t>(owner: self, doing: "watching children") {
                unsafe uv_poll_init(loop.raw, $0, descriptor)
            }
            unsafe self.handle = unsafe handle
            unsafe uv_poll_start(
                handle.raw,
                Int32(UV_READABLE.rawValue),
                { raw, _, _ in unsafe owner(raw?.pointee.data, as: EndedChildren.self)?.tell() }
            )
            unsafe handle.unreference()
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Consumes the notice before the children are checked, so that one that ends meanwhile is not missed.
    private func tell() {
        cspawn_note_ended_children(descriptor)
        ended()
    }

    func close() {
        guard let handle = unsafe handle else { return }
        unsafe self.handle = nil
        unsafe uv_poll_stop(handle.raw)
        unsafe handle.close()
        Glibc.close(descriptor)
    }
}

// The adoption of orphaned descendants.
extension Loop {
    /// Makes this process the parent of every descendant whose own parent dies, and reaps them as
    /// they end.
    ///
    /// For a program's one loop: it takes every child's status in the process.
    package func adoptOrphans() throws(LoopError) { try Reaper.of(self).enableSubreaper() }

    /// True if an orphan may descend from a process that was not started here.
    package var adoptsStrangers: Bool { Reaper.of(self).adoptsStrangers }
}
