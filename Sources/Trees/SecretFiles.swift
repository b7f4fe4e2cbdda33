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
    /// The first bytes of a file that are examined.
    package static let examined = 4096

    /// Indicates whether a file's name, the last part of its path, is one of a secret.
    package static func isName(_ path: some StringProtocol) -> Bool {
        let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
        if examples.contains(where: name.hasSuffix) { return false }
        return names.contains(name) || name == ".env" || name.hasPrefix(".env.")
            || endings.contains(where: name.hasSuffix)
    }

    /// Indicates whether a file begins with a private key.
    package static func isContent(_ start: some Collection<UInt8>) -> Bool {
        let text = String(decoding: start.prefix(examined), as: UTF8.self)
        return text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----")
    }
}
