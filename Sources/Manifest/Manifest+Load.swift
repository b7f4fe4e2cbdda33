import Foundation
import Yams

extension Manifest {
    /// The largest manifest that is read, in bytes.
    package static let sizeLimit = 64 * 1024 * 1024

    /// Reads and validates a manifest.
    ///
    /// - Throws: `ManifestErrors` with everything that is wrong with it.
    package static func load(path: String) throws(ManifestErrors) -> Manifest {
        let absolute = path.absolute(in: FileManager.default.currentDirectoryPath)
        func refuse(_ message: String) -> ManifestErrors {
            ManifestErrors(
                diagnostics: [Diagnostic(path: path, line: 0, column: 0, message: message)])
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: absolute, isDirectory: &isDirectory) else {
            throw refuse("there is no such file; check the path")
        }
        if isDirectory.boolValue {
            throw refuse("it is a directory; name the manifest file in it")
        }
        let size = (try? FileManager.default.attributesOfItem(atPath: absolute)[.size] as? Int) ?? 0
        if size > sizeLimit {
            throw refuse("it is larger than \(sizeLimit / 1024 / 1024) MiB, which no manifest is")
        }
        guard let data = FileManager.default.contents(atPath: absolute) else {
            throw refuse("it can't be read; check its permissions")
        }
        guard let text = String(validating: data, as: UTF8.self), !text.utf8.contains(0) else {
            throw refuse("it is not text; a manifest is YAML or JSON in UTF-8")
        }
        return try parse(text: text, path: path, absolute: absolute, files: .real)
    }

    static func parse(
        text: String,
        path: String,
        absolute: String,
        files: Builder.Files
    ) throws(ManifestErrors) -> Manifest {
        let reader = Reader(path: path)
        do {
            // The reader types scalars itself; the basic resolver spares a regular expression each.
            let parser = try Yams.Parser(yaml: text, resolver: .basic)
            if let root = try parser.singleRoot() {
                var manifest = Builder(reader: reader, path: absolute, files: files).build(root)
                manifest.warnings = reader.warnings
                if reader.errors.isEmpty { return manifest }
            } else {
                reader.fail(nil, "it is empty; begin with \"version: 1\" and list \"tasks:\"")
            }
        } catch {
            throw ManifestErrors(diagnostics: [yamlError(error, path)])
        }
        let sorted = reader.errors.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        var seen: Set<Diagnostic> = []
        // A mistake in the defaults would otherwise be told once a task.
        throw ManifestErrors(diagnostics: sorted.filter { seen.insert($0).inserted })
    }

    private static func yamlError(_ error: any Error, _ path: String) -> Diagnostic {
        func diagnostic(_ mark: Mark?, _ message: String) -> Diagnostic {
            Diagnostic(
                path: path,
                line: mark?.line ?? 0,
                column: mark?.column ?? 0,
                message: message
            )
        }
        switch error {
        case YamlError.scanner(_, let problem, let mark, _),
            YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return diagnostic(mark, "it is not YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return diagnostic(context.mark, "the key \(keys) stands more than once in one mapping")
        default: return diagnostic(nil, "it is not YAML: \(error)")
        }
    }
}

extension Builder.Files {
    /// The machine's own files.
    static var real: Builder.Files {
        Builder.Files(
            read: { path in
                FileManager.default.contents(atPath: path).flatMap {
                    String(validating: $0, as: UTF8.self)
                }
            },
            isDirectory: { path in
                var isDirectory: ObjCBool = false
                return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
                    && isDirectory.boolValue
            }
        )
    }
}
