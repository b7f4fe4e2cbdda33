import Agent
import EventLoop
import FileAccess
import Foundation
package import Manifest
package import Orchestration
import Reporting

/// Finds the account whose usage limits apply to a task's sessions.
package struct Accounts {
    /// The accounts that tasks without one of their own share, each once; empty for the run's own alone.
    package private(set) var pool: [String] = []
    /// The accounts that the manifest names and that are left out, with the reason.
    package private(set) var leftOut: [String] = []

    private let records: any AgentRecords
    private let own: String

    /// Finds the run's own account, the one of sessions without variables of their own, and those that the
    /// manifest names.
    ///
    /// With a launcher, sessions are elsewhere, and what lies here says nothing of their accounts.
    package init(of manifest: Manifest) {
        let environment = InheritedEnvironment.own
        records = manifest.agent.kind.records(inheriting: environment.text)
        own = records.account(of: [:], in: WorkingDirectory.path)
        let home = environment.text("HOME") ?? "/"
        let directory = (manifest.path as NSString).deletingLastPathComponent
        for name in manifest.accounts {
            let path = name.hasPrefix("~") ? home + name.dropFirst() : name
            add(
                path.resolved(in: directory),
                name,
                isHere: manifest.launcher.isEmpty
            )
        }
    }

    private mutating func add(_ path: String, _ name: String, isHere: Bool) {
        if isHere, FileKind(path) != .directory {
            leftOut.append(
                "account \(name) is left out: there is no such directory; make it, and log in there"
            )
        } else if let same = pool.first(where: {
            $0 == path || isHere && records.haveOneLogin($0, path)
        }) {
            let reason = same == path ? "is the same directory as" : "has the same login as"
            leftOut.append(
                "account \(name) is left out: it \(reason) \(same), and so the same limits"
            )
        } else {
            pool.append(path)
        }
    }

    /// The run's own account where there is no manifest.
    package static var ofNoManifest: (path: String, name: String?) {
        let records = Manifest.Agent.codex.kind.records(inheriting: InheritedEnvironment.own.text)
        return (records.account(of: [:], in: WorkingDirectory.path), nil)
    }

    /// Returns a task's account, as the path of its sessions' home; `nil` for the run's own, or those of the
    /// pool.
    package func account(of task: Manifest.Task) -> String? {
        let path = records.account(of: task.environment, in: task.directory)
        return path == own ? nil : path
    }

    /// The directories of all accounts of a plan, each with the name that facts call it by.
    package func directories(_ plan: RunPlan) -> [(path: String, name: String?)] {
        let tasks = plan.tasks.filter { !pool.isEmpty ? $0.account != nil : true }
        let names = Set(tasks.map(\.account)).union(pool.map(Optional.some))
        return names.sorted { ($0 ?? "") < ($1 ?? "") }.map { ($0 ?? own, $0) }
    }

    /// Fills in the accounts of a plan's tasks, whose order is the manifest's, and the pool.
    package func fill(_ plan: inout RunPlan, of manifest: Manifest) {
        for place in plan.tasks.indices {
            plan.tasks[place].account = account(of: manifest.tasks[place])
            // A pool holds the run's own account by its path, or not at all.
            let isNamed = manifest.tasks[place].environment["CODEX_HOME"] != nil
            if !pool.isEmpty, isNamed {
                plan.tasks[place].account = plan.tasks[place].account ?? own
            }
        }
        plan.accounts = pool.isEmpty ? nil : pool
    }
}
