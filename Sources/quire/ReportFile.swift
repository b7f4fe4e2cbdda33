import Foundation
import Glibc
import Reporting

/// A file that is written when everything else is done, whole or not at all.
struct ReportFile {
    /// The option that named it, for messages.
    let option: String
    /// The file's path; where a link leads, so that it stays one.
    let path: String

    /// Names a file and makes sure that it can be written: its directory is made, and tried.
    ///
    /// - Throws: `Trouble` where it can't.
    init(option: String, path: String) throws {
        self.option = option
        self.path = (path.absolutePath as NSString).resolvingSymlinksInPath
        let directory = (self.path as NSString).deletingLastPathComponent
        var isDirectory = ObjCBool(false)
        if FileManager.default.fileExists(atPath: self.path, isDirectory: &isDirectory),
            isDirectory.boolValue
        {
            throw trouble("it is a directory")
        }
        guard !isSpecial else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true
            )
        } catch {
            throw trouble("\(directory) can't be made: \(error.localizedDescription)")
        }
        if access(directory, W_OK | X_OK) != 0 {
            throw trouble("\(directory) can't be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Writes the file: beside its place, and then into it, so that nobody sees half of it.
    ///
    /// - Throws: `Trouble` where that fails.
    func write(_ text: String) throws {
        do {
            let url = URL(fileURLWithPath: path)
            try Data(text.utf8).write(to: url, options: isSpecial ? [] : .atomic)
        } catch {
            throw trouble(error.localizedDescription)
        }
    }

    /// Whether it is a pipe or a device, which nothing can be put in the place of.
    private var isSpecial: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    private func trouble(_ reason: String) -> Trouble {
        Trouble(
            "\(option): \(path) can't be written: \(reason); name another file",
            status: ExitStatus.missing
        )
    }
}
