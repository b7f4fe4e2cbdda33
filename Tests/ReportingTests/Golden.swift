import Foundation
import Testing

/// Compares a text with the golden file of this name; `QUIRE_UPDATE_GOLDENS=1` writes it anew.
func expectGolden(_ text: String, _ name: String) throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Goldens/\(name)")
    if ProcessInfo.processInfo.environment["QUIRE_UPDATE_GOLDENS"] != nil {
        try text.write(to: path, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOf: path, encoding: .utf8)
    let (new, old) = (text.components(separatedBy: "\n"), golden.components(separatedBy: "\n"))
    let place = zip(new, old).prefix { $0 == $1 }.count
    #expect(
        text == golden,
        """
        \(name) differs from line \(place + 1): "\(place < new.count ? new[place] : "(end)")" \
        was "\(place < old.count ? old[place] : "(end)")"
        """
    )
}
