import FileAccess
import Glibc

// The check whether a run could record anything, for commands that don't run.
extension RunStore {
    /// Makes sure that a run could open a store in a directory: makes a trial store there, or in the
    /// directory that would hold it, and removes it again.
    ///
    /// Other files in the directory are not touched.
    ///
    /// - Throws: `StoreError` with the message that a run would show.
    package static func tryOut(directory: String) throws(StoreError) {
        let outer: Directory
        let first = firstMissing(of: directory)
        let name = ".quire-trial.\(getpid())"
        do throws(FileError) {
            outer = try nearest(to: directory, above: first)
            guard StorePlace.isShortEnough(outer.path(of: name)) else { return }
            do throws(FileError) {
                _ = try outer.makeDirectory(name)
            } catch {
                var error = error
                error.description.replace(outer.path(of: name), with: first ?? directory)
                throw error
            }
        } catch {
            throw StoreError(error, directory: directory)
        }
        defer { remove(name, from: outer) }
        do throws(StoreError) {
            try open(directory: outer.path(of: name)).close()
        } catch {
            throw StoreError(error.description.replacing(outer.path(of: name), with: directory))
        }
    }

    /// Returns the topmost missing directory of a path; `nil` where none is missing.
    private static func firstMissing(of path: String) -> String? {
        var (missing, place) = (String?.none, path)
        var status = stat()
        while lstat(place, &status) != 0, errno == ENOENT, place != "/" {
            (missing, place) = (place, place.parentPath)
        }
        return missing
    }

    /// Returns the directory itself, or the one that would hold the topmost missing directory.
    private static func nearest(
        to path: String,
        above missing: String?
    ) throws(FileError) -> Directory {
        if let missing, let found = try Directory.open(missing.parentPath, made: false) {
            return found
        }
        // Something is there, or in the way: this makes nothing, and fails as a run would.
        guard let directory = try Directory.open(missing?.parentPath ?? path, made: true) else {
            throw FileError("opening the directory", path, errno: ENOENT)
        }
        return directory
    }

    private static func remove(_ name: String, from outer: Directory) {
        // A directory that can't be read can't be emptied; it stays, with its telling name.
        guard let trial = try? outer.directory(name), let names = try? trial.names() else { return }
        for name in names { trial.remove(name) }
        outer.removeDirectory(name)
    }
}
