import Application
import FileAccess
import Manifest
import Orchestration
import Reporting

extension Redactor {
    /// Makes the redactor of what is shown of runs, given their ids: of this environment, and of the manifests
    /// as far as they are still there; one that can't be read is told.
    init(ofRuns runs: some Sequence<String>) {
        var (environments, words) = ([Terminal.environment], [String]())
        for path in Set(runs.map(RunName.manifest)).sorted() {
            // The run of a single task has no manifest: its id is the task's directory.
            let kind = FileKind(path)
            guard kind == .file else {
                if kind == .nothing { Self.warn(of: path, "it is not there to read") }
                if kind != .nothing, kind != .directory {
                    Self.warn(of: path, "it is \(kind.words), no file")
                }
                continue
            }
            do throws(ManifestErrors) {
                let manifest = try Manifest.load(path: path)
                environments += manifest.environments
                words += manifest.redact
            } catch {
                Self.warn(of: path, "it has errors; see quire plan")
            }
        }
        self.init(environment: environments, words: words)
    }

    /// Returns a run's tasks as they lie, without its secrets in what their directories tell; `recorded` are
    /// the same tasks in the journal, from which they were taken before.
    static func redact(
        _ tasks: [TaskRecord],
        recorded: [TaskRecord],
        of run: String
    ) -> [TaskRecord] {
        // Nothing is read where nothing is told.
        let told = tasks.indices.filter {
            tasks[$0].outcome == .damaged && tasks[$0].reason != recorded[$0].reason
        }
        guard !told.isEmpty else { return tasks }
        let redactor = Redactor(ofRuns: [run])
        var tasks = tasks
        for place in told { tasks[place].reason = tasks[place].reason.map(redactor.redact) }
        return tasks
    }

    private static func warn(of manifest: String, _ reason: SafeText) {
        Terminal.complain(
            "warning: the secrets of \(manifest) (env, redact) are not known and may be shown, as \(reason)"
        )
    }
}
