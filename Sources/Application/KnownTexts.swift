/// The texts of the examples that come with Quire, which need no approval.
enum KnownTexts {
    /// The keys of the texts, as `GuardedText` has them.
    static let keys: Set<String> = [
        // The check of config/examples/demo.yaml.
        "0000"
    ]
}
