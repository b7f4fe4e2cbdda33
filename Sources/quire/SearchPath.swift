import EventLoop
import Manifest
import Orchestration
import Reporting

/// The directories in which programs are looked up by their names.
struct SearchPath {
    /// The directories, in order.
    let directories: [[UInt8]]
    /// The name of the variable and its owner, for people.
    let name: SafeText

    /// Quire's own `PATH`.
    ///
    /// Relative and empty entries are resolved against Quire's working directory, as in the environment of
    /// its children (`InheritedEnvironment.handedOn`).
    static var own: SearchPath {
        let usual = ["/usr/local/bin", "/usr/bin", "/bin"].map { Array($0.utf8) }
        let start = Names.workingDirectory ?? []
        let own = InheritedEnvironment.own.searchPath(from: start)
        return SearchPath(directories: own ?? usual, name: "PATH")
    }

    /// Makes the `PATH` that a task sets for its sessions, relative to the task's directory; `nil` if it sets
    /// none.
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
