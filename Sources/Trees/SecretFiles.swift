import Orchestration

/// The files that look like secrets: they are neither committed nor carried over by a pattern.
package enum SecretFiles {
    private static let names: Set<String> = [
        ".netrc", "_netrc", ".pgpass", ".npmrc", ".pypirc", ".htpasswd", ".git-credentials",
        "credentials.json", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "secrets.yml",
        "secrets.yaml",
        "secrets.json", "master.key", "service-account.json", ".dockercfg",
    ]
    private static let endings = [
        ".pem", ".key", ".p12", ".pfx", ".keystore", ".jks", ".kdbx", ".ppk", ".asc.key", ".ovpn",
    ]
    /// Endings of examples, which hold no secret and belong into a repository.
    private static let examples = [".example", ".sample", ".template", ".dist", ".defaults"]
    /// The number of a file's first bytes that are examined.
    package static let examined = 1 << 20

    /// Indicates whether a file's name, the last part of its path, is one of a secret.
    package static func isName(_ path: some StringProtocol) -> Bool {
        let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
        if examples.contains(where: name.hasSuffix) { return false }
        return names.contains(name) || name == ".env" || name.hasPrefix(".env.")
            || endings.contains(where: name.hasSuffix)
    }

    /// Returns the tokens and private keys at the beginning of a file; none in one that is no text.
    package static func secrets(in start: [UInt8]) -> Set<[UInt8]> {
        start.prefix(8000).contains(0) ? [] : SecretShapes.secrets(in: start)
    }
}
