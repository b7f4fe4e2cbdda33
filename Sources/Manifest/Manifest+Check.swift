import Foundation

// What a manifest that is being written needs to know.
extension Manifest {
    /// Checks a manifest's text as if it stood in a file.
    ///
    /// - Throws: `ManifestErrors` with every mistake in it.
    package static func check(_ text: String, at path: String) throws(ManifestErrors) {
        _ = try parse(text: text, path: path, absolute: path, files: .real)
    }

    /// Returns the columns of a file that a matrix may name.
    ///
    /// - Throws: `ManifestErrors` if the file can't be read or has no rows.
    package static func columns(ofMatrixFile path: String) throws(ManifestErrors) -> [String] {
        func mistake(_ message: String, line: Int = 0) -> ManifestErrors {
            ManifestErrors(
                diagnostics: [
                    Diagnostic(path: path, line: line, column: min(line, 1), message: message)
                ]
            )
        }
        let text: String
        do {
            text = try Builder.Files.real.read(path)
        } catch {
            throw mistake(error.message)
        }
        do {
            return try MatrixFile(text, path: path).columns
        } catch {
            throw mistake(error.message, line: error.line)
        }
    }
}
