import FileAccess
import Glibc

// The question whether a run could record anything, for those who do not run.
extension RunStore {
    /// Makes sure that a store can be opened in a directory, or in what is to hold it, as a run
    /// would: with a store of its own there, which is removed again.
    ///
    /// What stands in the directory is not touched.
    ///
    /// - Throws: `StoreError` with the words that a run would have.
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

    /// The first part of a path that would be made; `nil` where nothing would.
    private static func firstMissing(of path: String) -> String? {
        var (missing, place) = (String?.none, path)
        var status = stat()
        while lstat(place, &status) != 0, errno == ENOENT, place != "/" {
            (missing, place) = (place, place.parentPath)
        }
        return missing
    }

    /// The directory itself, where nothing is missing, else the one that is to hold what is.
    private static func nearest(
        to path: String,
        above missing: String?
    ) throws(FileError) -> Directory {
        if let missing, let found = try Directory.open(missing.parentPath, made: false) {
            return found
        }
        // Something is there, or in the way: nothing is made, and what a run would say is said.
        guard let directory = try Directory.open(missing?.parentPath ?? path, made: true) else {
            throw FileError("opening the directory", path, errno: ENOENT)
        }
        return directory
    }

    private static func remove(_ name: String, from outer: Directory) {
        // What can't be read can't be emptied, and stays with its telling name.
        guard let trial = try? outer.directory(name), let names = try? trial.names() else { return }
        for name in names { trial.remove(name) }
        outer.removeDirectory(name)
    }
}
