import Application
import EventLoop
import Foundation
import Reporting

/// The place where a remote's pull requests are, as its address tells.
struct Forge {
    /// A service with pull requests, and its program.
    enum Kind: String, CaseIterable {
        case gitHub = "gh"
        case gitLab = "glab"
    }

    /// The host, with its port if the address is one of the web.
    private let host: String
    /// The project's path at the host; empty where the remote is a directory.
    private let path: String

    /// Reads a remote's address: `https://host/path`, `ssh://user@host/path` or `user@host:path`.
    init(remote address: String) {
        var (host, path) = (Substring(), Substring())
        if let range = address.range(of: "://") {
            let rest = address[range.upperBound...]
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            (host, path) = (rest[..<end], rest[end...])
            let isWeb = address.hasPrefix("http")
            if !isWeb, let port = host.lastIndex(of: ":") { host = host[..<port] }
            if address.hasPrefix("file:") { (host, path) = ("", "") }
        } else if let colon = address.firstIndex(of: ":"), !address[..<colon].contains("/") {
            (host, path) = (address[..<colon], address[address.index(after: colon)...])
        }
        if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
        while path.hasPrefix("/") { path.removeFirst() }
        while path.hasSuffix("/") { path.removeLast() }
        if path.hasSuffix(".git") { path.removeLast(4) }
        (self.host, self.path) = (String(host), host.isEmpty ? "" : String(path))
    }

    /// The service, as far as the host's name tells.
    private var kind: Kind? {
        let name = host.lowercased()
        if name.contains("gitlab") { return .gitLab }
        return name.contains("github") ? .gitHub : nil
    }

    /// The project for a service's program; `nil` where the remote is a directory.
    fileprivate func project(for kind: Kind) -> String? {
        if path.isEmpty { return nil }
        return kind == .gitHub ? "\(host)/\(path)" : "https://\(host)/\(path)"
    }

    /// The programs in `PATH` that may open pull requests there.
    func programs() throws -> [ForgeProgram] {
        try (kind.map { [$0] } ?? Kind.allCases).compactMap { kind in
            try AgentLookup.inPath(kind.rawValue).map {
                ForgeProgram(kind: kind, path: $0, project: project(for: kind))
            }
        }
    }

    /// Returns the page on which a person opens a pull request; `nil` where none is known.
    func page(of branch: String, into base: String?) -> String? {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~/")
        func escaped(_ name: String) -> String {
            name.addingPercentEncoding(withAllowedCharacters: allowed) ?? name
        }
        let place = "https://\(host)/\(path)"
        switch kind {
        case .gitHub?:
            let range = (base.map { escaped($0) + "..." } ?? "") + escaped(branch)
            return "\(place)/compare/\(range)?expand=1"
        case .gitLab?:
            let target =
                base.map { "&merge_request%5Btarget_branch%5D=\(escaped($0))" } ?? ""
            return "\(place)/-/merge_requests/new?merge_request%5Bsource_branch%5D="
                + escaped(branch) + target
        case nil: return nil
        }
    }
}

/// A program that opens and updates pull requests.
struct ForgeProgram {
    /// The fate of a pull request, and its address.
    enum Result {
        case opened(String)
        case updated(String)
        /// Somebody has edited its text, which was left as it is.
        case edited(String)
    }

    /// A pull request as either program lists it.
    private struct Found: Decodable {
        var url: String?
        var body: String?
        var webUrl: String?
        var iid: Int?
        var description: String?

        var page: String { url ?? webUrl ?? "" }
        var text: String { body ?? description ?? "" }
    }

    fileprivate let kind: Forge.Kind
    fileprivate let path: String
    fileprivate let project: String?

    /// Opens a branch's pull request, or updates the one that is open.
    ///
    /// - Throws: `Trouble` with the program's own words.
    func hand(
        over branch: String,
        into base: String?,
        _ text: PullRequestText,
        isDraft: Bool,
        in directory: String
    ) throws -> Result {
        func call(_ words: [String], _ input: String = "") throws -> [UInt8] {
            try run(words, Array(input.utf8), in: directory)
        }
        if let open = try open(of: branch, call) {
            guard PullRequestText.isUnedited(open.text) else { return .edited(open.page) }
            switch kind {
            case .gitHub:
                _ = try call(["pr", "edit", open.page, "--body-file", "-"], text.body)
            case .gitLab:
                let number = open.iid.map { ["\($0)"] } ?? []
                _ = try call(["mr", "update"] + number + ["--description", text.body])
            }
            return .updated(open.page)
        }
        let draft = isDraft ? ["--draft"] : []
        let output: [UInt8]
        switch kind {
        case .gitHub:
            let into = base.map { ["--base", $0] } ?? []
            output = try call(
                ["pr", "create", "--head", branch, "--title", text.title, "--body-file", "-"]
                    + into + draft,
                text.body
            )
        case .gitLab:
            let into = base.map { ["--target-branch", $0] } ?? []
            output = try call(
                [
                    "mr", "create", "--source-branch", branch, "--title", text.title,
                    "--description", text.body, "--yes",
                ] + into + draft
            )
        }
        let words = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return .opened(words.last { $0.hasPrefix("http") }.map(String.init) ?? branch)
    }

    private func open(
        of branch: String,
        _ call: ([String], String) throws -> [UInt8]
    ) throws -> Found? {
        let words =
            switch kind {
            case .gitHub:
                ["pr", "list", "--head", branch, "--state", "open", "--json", "url,body"]
            case .gitLab: ["mr", "list", "--source-branch", branch, "--output", "json"]
            }
        let output = try call(words, "")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode([Found].self, from: Data(output)).first
        } catch {
            throw Trouble(
                "\(kind.rawValue) \(words[0]) list gave no list of pull requests; update it",
                status: ExitStatus.missing
            )
        }
    }

    private func run(_ words: [String], _ input: [UInt8], in directory: String) throws -> [UInt8] {
        let result = ShortCommand(
            executable: path,
            arguments: words + (project.map { ["--repo", $0] } ?? []),
            directory: directory,
            environment: ["GH_PROMPT_DISABLED=1", "GH_NO_UPDATE_NOTIFIER=1", "NO_PROMPT=1"],
            input: input,
            patience: .seconds(120),
            longestOutput: 1 << 24
        ).run()
        guard result.status == 0 else {
            throw Trouble(
                "\(kind.rawValue) \(words[0]) \(words[1]) failed: \(result.complaint)",
                status: ExitStatus.missing
            )
        }
        return result.output
    }
}
