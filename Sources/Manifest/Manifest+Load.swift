import FileAccess
import Foundation
import Orchestration
import Yams

extension Manifest {
    /// Largest manifest that is read, in bytes.
    package static let sizeLimit = 64 * 1024 * 1024

    /// Reads and validates a manifest from a file or a stream such as a pipe; `-` is standard input.
    ///
    /// A stream's paths are relative to the working directory, and its own path there is `-`.
    ///
    /// - Throws: `ManifestErrors` with every mistake in the manifest.
    package static func load(path: String) throws(ManifestErrors) -> Manifest {
        let source = ManifestSource(path, in: WorkingDirectory.path)
        let text: String
        do {
            text = try source.text(limit: sizeLimit)
        } catch {
            let (line, column) = (error.place?.line ?? 0, error.place?.column ?? 0)
            throw ManifestErrors(
                diagnostics: [
                    Diagnostic(path: path, line: line, column: column, message: error.message)
                ]
            )
        }
        return try parse(text: text, path: path, absolute: source.identity, files: .real)
    }

    /// Reads and validates a manifest's text.
    static func parse(
        text: String,
        path: String,
        absolute: String,
        files: Builder.Files
    ) throws(ManifestErrors) -> Manifest {
        let tooDeep = JSONNesting.excess(in: text)
        let text = ManifestText(text)
        let reader = Reader(path: path, text: text)
        reader.refuse(tooDeep: tooDeep, in: path)
        guard reader.errors.isEmpty else { throw ManifestErrors(diagnostics: reader.errors) }
        do {
            // The reader types scalars itself; the basic resolver spares a regular expression each.
            let parser = try Yams.Parser(yaml: text.yaml, resolver: .basic)
            if let root = try parser.singleRoot() {
                var manifest = Builder(reader: reader, path: absolute, files: files).build(root)
                manifest.warnings = reader.warnings
                if reader.errors.isEmpty { return manifest }
            } else {
                reader.fail(nil, "it is empty; begin with \"version: 1\" and list \"tasks:\"")
            }
        } catch {
            reader.fail(yaml: error)
        }
        if let comment = JSONComment.place(in: text.yaml) {
            // The comment may be the cause of all other errors.
            throw ManifestErrors(diagnostics: [reader.comment(at: comment)])
        }
        let sorted = reader.errors.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        var seen: Set<Diagnostic> = []
        // A mistake in the defaults would otherwise be reported once per task.
        throw ManifestErrors(diagnostics: sorted.filter { seen.insert($0).inserted })
    }
}

// Messages for what the YAML parser refuses, and for what is refused before it.
extension Reader {
    /// Reports contents that Yams would not finish with or would misread; `tooDeep` is the position at
    /// which JSON nests too deep.
    fileprivate func refuse(tooDeep: ManifestText.Place?, in path: String) {
        if let tooDeep {
            return fail(
                in: path,
                at: tooDeep,
                "it nests more than \(Format.count(JSONNesting.limit, "level")) deep, which no "
                    + "manifest does; flatten what is here, or leave it out"
            )
        }
        if let place = AliasedKeys.excess(in: text.yaml) {
            return fail(
                at: place,
                "the aliases (*name) in keys stand for more than \(Format.count(AliasedKeys.limit, "value")); "
                    + "write keys out"
            )
        }
        for tag in RefusedTags.find(in: text.yaml) {
            fail(
                at: tag.place,
                "the tag \(tag.name) changes what a value is, and no manifest needs it; remove it, and "
                    + "write the value itself (only tags such as !!str are taken)"
            )
        }
    }

    /// The diagnostic of a comment in JSON.
    fileprivate func comment(at place: ManifestText.Place) -> Diagnostic {
        diagnostic(
            at: place,
            "a comment stands here, which JSON does not have; remove it, or write the manifest as "
                + "YAML, whose comments begin with #"
        )
    }

    /// Reports an error of the YAML parser.
    func fail(yaml error: any Error) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _),
            YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            let place = ManifestText.Place(line: mark.line, column: mark.column)
            fail(at: place, words(for: problem, at: place))
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            fail(
                at: ManifestText.Place(line: context.mark.line, column: context.mark.column),
                "the key \(keys) stands more than once in one mapping"
            )
        case YamlError.reader(let problem, let offset, let value, _):
            let character = value > 0 ? " (U+\(String(value, radix: 16, uppercase: true)))" : ""
            let words = "it is not YAML: \(problem)\(character); write it as an escape in quotes"
            fail(at: offset.map(text.place(ofByte:)), words)
        default: fail(nil, "it is not YAML: \(error)")
        }
    }

    private func words(for problem: String, at place: ManifestText.Place) -> String {
        let lines = text.yaml.split(separator: "\n", omittingEmptySubsequences: false)
        let isBehindAnEnd = lines.prefix(place.line).contains {
            $0.hasPrefix("---") || $0.hasPrefix("...")
        }
        if problem.contains("document"), isBehindAnEnd {
            return "a second YAML document begins here, but a manifest is one; remove the line "
                + "\"---\" or \"...\" before it, or put what follows into a manifest of its own"
        }
        if problem.contains("document start") {
            return "the manifest has ended before this; remove what follows, or put it inside"
        }
        if problem.contains("nest") || problem.contains("depth") {
            return
                "it nests deeper than YAML is read, which no manifest does; flatten what is here, "
                + "or leave it out"
        }
        if problem.contains("invalid Unicode character escape") {
            return "the escape is half of a character: in JSON two such escapes are one "
                + "(\\ud83d\\ude80), in YAML write the character itself or \\U0001F680"
        }
        if text.hasTab(at: place) {
            return "it is not YAML: a tab stands where YAML wants spaces; indent with spaces "
                + "(\(problem))"
        }
        return "it is not YAML: \(problem)"
    }
}

extension Builder.Files {
    /// The machine's own files.
    static var real: Builder.Files {
        Builder.Files(
            read: { path throws(ManifestSource.Refusal) in
                try ManifestSource.text(ofFile: path, limit: TaskExpansion.promptLimit)
            },
            isDirectory: { path in
                var isDirectory: ObjCBool = false
                return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
                    && isDirectory.boolValue
            }
        )
    }
}
