package import FileAccess
import Glibc

extension RunStore {
    /// Opens a state directory, which is made if need be and ignored by git.
    ///
    /// - Throws: `StoreError` when the directory can't be made, opened or ignored.
    @discardableResult
    package static func prepare(directory: String) throws(StoreError) -> Directory {
        do throws(FileError) {
            guard let made = try Directory.open(directory, made: true, isPrivate: true) else {
                throw FileError("making the directory", directory, errno: ENOENT)
            }
            if made.kind(of: ".gitignore") == .nothing {
                try made.write(Array("*\n".utf8), to: ".gitignore")
            }
            return made
        } catch {
            throw StoreError(error, directory: directory)
        }
    }
}
