// What is known of a manifest besides its contents.
extension Manifest {
    /// Indicates whether a path as given is that of a stream, such as `-` or a pipe of the shell's.
    package static func isStream(_ path: String) -> Bool { ManifestSource.isStream(path) }

    /// Returns the manifest of another text that stood, or might stand, at a path; `nil` if it has mistakes.
    ///
    /// The files and directories that it names may be gone: a prompt that can't be read is a dash.
    package static func parse(other text: [UInt8], path: String) -> Manifest? {
        guard text.count <= sizeLimit, let text = try? ManifestSource.decoded(text) else {
            return nil
        }
        let files = Builder.Files(
            read: { (try? Builder.Files.real.read($0)) ?? "-" },
            isDirectory: { _ in true }
        )
        return try? parse(text: text, path: path, absolute: path, files: files)
    }
}
