import FileAccess
import Glibc
import Orchestration

/// The control socket's place: in the state directory or, where that can hold none, in a directory of the
/// user's own that a file there names.
enum ControlPlace {
    /// The most bytes of a socket's path, without its end (unix(7)).
    private static let longestPath = 107

    /// Returns the socket's name in the state directory.
    static func socket(of run: String) -> String { "control-\(Fingerprint(run).text).sock" }

    /// Returns the name of the file that holds the path of a socket elsewhere.
    static func note(of run: String) -> String { "control-\(Fingerprint(run).text).path" }

    /// Returns a path by which the system finds a name in an open directory; `nil` if there is none that is
    /// short enough.
    static func address(of name: String, in directory: Directory) -> String? {
        let short = directory.shortPath(of: name)
        if access(directory.shortPath(of: "."), X_OK) == 0, short.utf8.count <= longestPath {
            return short
        }
        let path = directory.path(of: name)
        return path.utf8.count <= longestPath ? path : nil
    }

    /// Opens the user's own directory for sockets: in `XDG_RUNTIME_DIR`, else in `/run/user`, else in `/tmp`.
    ///
    /// - Returns: `nil` if none can be had that belongs to this user alone.
    static func runtimeDirectory(_ environment: String?) -> Directory? {
        let user = geteuid()
        let places = [
            environment.map { "\($0)/quire" }, "/run/user/\(user)/quire", "/tmp/quire-\(user)",
        ]
        for path in places.compactMap(\.self) where path.hasPrefix("/") {
            guard let outer = try? Directory(following: path.parentPath),
                let directory = try? outer.makeDirectory(
                    String(path.split(separator: "/").last ?? ""),
                    isPrivate: true
                ), let status = directory.status(of: "."), status.st_uid == user,
                status.st_mode & 0o077 == 0
            else { continue }
            return directory
        }
        return nil
    }

    /// Returns the address of a run's socket, for a client; `nil` if there is none.
    static func find(_ run: String, in directory: Directory) -> String? {
        let name = socket(of: run)
        if directory.kind(of: name) == .socket { return address(of: name, in: directory) }
        guard let bytes = try? directory.contents(of: note(of: run), limit: 4096) else {
            return nil
        }
        let path = String(decoding: bytes, as: UTF8.self)
        return path.hasPrefix("/") && path.utf8.count <= longestPath ? path : nil
    }
}
