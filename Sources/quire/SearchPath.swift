import EventLoop
import Manifest
import Orchestration
import Reporting

/// The directories in which programs are looked up by their names.
struct SearchPath {
    /// The directories, in order.
    let directories: [[UInt8]]
    /// Whose they are, for people.
    let name: SafeText

    /// Quire's own `PATH`.
    ///
    /// Relative and empty entries are taken from the directory that Quire was started in, as those
    /// that its children get (`InheritedEnvironment.handedOn`).
    static var own: SearchPath {
        let usual = ["/usr/local/bin", "/usr/bin", "/bin"].map { Array($0.utf8) }
        let start = Names.workingDirectory ?? []
        let own = InheritedEnvironment.own.searchPath(from: start)
        return SearchPath(directories: own ?? usual, name: "PATH")
    }

    /// The `PATH` that a task sets for its sessions, which work in the task's directory; `nil` where
    /// it sets none.
    init?(of task: Manifest.Task) {
        guard let path = task.environment["PATH"] else { return nil }
        let environment = InheritedEnvironment([Array("PATH=\(path)".utf8)])
        directories = environment.searchPath(from: Array(task.directory.utf8)) ?? []
        name = "the PATH of the task \"\(task.plan.name)\" (env)"
    }

    private init(directories: [[UInt8]], name: SafeText) {
        (self.directories, self.name) = (directories, name)
    }
}
