/// The arguments of Codex that run, load, send or open nothing by themselves.
///
/// Whatever is not known is not harmless: Codex gets new options with each release.
enum GuardedArguments {
    /// Options that stand alone.
    private static let flags: Set<String> = ["--json", "--skip-git-repo-check", "--ephemeral"]

    /// Options whose value is a word without further meaning.
    private static let words: Set<String> = ["-m", "--model", "--color"]

    /// Keys of `-c` that change how a model is asked, and what is shown.
    private static let settings: Set<String> = [
        "model", "review_model", "model_reasoning_effort", "model_reasoning_summary",
        "model_verbosity", "model_context_window", "model_max_output_tokens",
        "model_auto_compact_token_limit", "model_supports_reasoning_summaries", "service_tier",
        "personality", "tool_output_token_limit", "hide_agent_reasoning",
        "show_raw_agent_reasoning",
        "stream_max_retries", "request_max_retries", "stream_idle_timeout_ms",
        "project_doc_max_bytes", "disable_response_storage",
    ]

    /// Indicates whether all arguments are known to be harmless.
    static func areHarmless(_ arguments: [String]) -> Bool {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if flags.contains(word) { continue }
            let (name, value) = split(word)
            guard let value = value ?? rest.popFirst(), isHarmless(name, value) else {
                return false
            }
        }
        return true
    }

    /// Returns an option's name, and the value that is joined to it.
    private static func split(_ word: String) -> (name: String, value: String?) {
        guard word.hasPrefix("--"), let sign = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<sign]), String(word[word.index(after: sign)...]))
    }

    private static func isHarmless(_ name: String, _ value: String) -> Bool {
        if words.contains(name) { return !value.hasPrefix("-") }
        guard ["-c", "--config"].contains(name) else { return false }
        return settings.contains(String(value.prefix { $0 != "=" }))
    }
}
